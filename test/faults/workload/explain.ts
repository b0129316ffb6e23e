import { checkAnswer } from './answers.ts';
import { type Asked, readAnswer } from './asked.ts';
import type { Case } from './case.ts';
import { type Effects, endOf, placeOf } from './effects.ts';
import { accountOf, type CommandRow, type Fact, type History } from './history.ts';
import { checkParked, checkRefund, checkRefusal } from './refusals.ts';
import type { Tally } from './tally.ts';

/** One wish: it happened once or not at all, as it was asked, and every answer to it says just that. */
export function explainAsked(asked: Asked, of: Case, tally: Tally): void {
  const effects = of.effectsOf(asked.id);
  checkOnce(asked, effects, tally);
  checkTerms(asked, effects, tally);
  if (asked.kind === 'transfer') checkStatus(asked, effects, of, tally);
  else checkCommand(asked, effects, of, tally);
  for (const fact of effects.refused) checkRefusal(asked, fact.refusalCode, of, tally);
  for (const fact of effects.refunds) checkRefund(asked, fact, of, tally);
  for (const fact of effects.parked) checkParked(asked, fact, of, tally);
  for (const seen of asked.requests) checkAnswer(asked, seen, effects, of, tally);
}

function checkOnce({ kind, id }: Asked, effects: Effects, tally: Tally): void {
  const { done, debits, credits, refunds } = effects;
  for (const facts of [done, debits, credits, refunds]) {
    tally.expect(facts.length <= 1, () => {
      return `${kind} ${id} happened ${facts.length} times: ${facts.map(placeOf).join(', ')}`;
    });
  }
}

function checkTerms(asked: Asked, effects: Effects, tally: Tally): void {
  const { kind, id, account, to, amountMinor, atMost } = asked;
  const expect = (fact: Fact, accountId: string | null) => {
    const amount = fact.amountMinor ?? 0n;
    const isAmount = atMost ? amount > 0n && amount <= amountMinor : amount === amountMinor;
    tally.expect(isAmount && accountOf(fact) === accountId, () => {
      return `${kind} ${id} asked for ${amountMinor} of ${accountId}; ${fact.type} moved ${amount} of ${placeOf(fact)}`;
    });
  };
  for (const fact of [...effects.done, ...effects.debits, ...effects.refunds]) expect(fact, account);
  for (const fact of effects.credits) expect(fact, to);
}

/** An unknown answer resolves one way: what the API says at last, and what the events say, is the same. */
function checkStatus({ id }: Asked, effects: Effects, { history }: Case, tally: Tally): void {
  const [told, end] = [history.transferStatuses.get(id), endOf(effects)];
  tally.expect(told === end || (told === 'requested' && end === null), () => {
    const said = told === null ? 'is not there (404)' : `is ${told}`;
    return `transfer ${id} ${said} for GET, and by its events ${end ?? 'nothing was decided'}`;
  });
}

/** The same of cash and holds: without a completed command nothing happened. */
function checkCommand(asked: Asked, effects: Effects, { history }: Case, tally: Tally): void {
  const found = findCommand(asked, history);
  if (found === 'unknown') return;
  const { kind, id } = asked;
  const status = found?.status ?? 'not there';
  const happened = effects.done.length > 0;
  tally.expect((status === 'completed') === happened, () => {
    return `the command of ${kind} ${id} is ${status}, and it ${happened ? 'happened' : 'did not happen'}`;
  });
}

/** By its key; without one a hold by its id, and cash by the command's id that an answer told: where none did, it is unknown. */
function findCommand(
  { kind, id, requests }: Asked,
  { commands }: History,
): CommandRow | undefined | 'unknown' {
  const key = requests[0]?.key ?? null;
  if (key !== null) return commands.find((command) => command.key === key);
  if (kind === 'hold') return commands.find(({ resourceId }) => resourceId === id);
  const told = requests.flatMap(({ answer }) => {
    const isTold = answer?.status === 201 || answer?.status === 202;
    return isTold ? (readAnswer(answer.text).id ?? []) : [];
  });
  return told.length === 0 ? 'unknown' : commands.find(({ commandId }) => told.includes(commandId));
}
