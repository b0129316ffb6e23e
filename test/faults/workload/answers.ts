import { type Asked, isTelling, readAnswer } from './asked.ts';
import type { Case } from './case.ts';
import { type Effects, endOf } from './effects.ts';
import { accountOf } from './history.ts';
import type { Observation } from './load.ts';
import { stateAt, toMinor } from './model.ts';
import { checkRefusal } from './refusals.ts';
import type { Tally } from './tally.ts';

/** An answer says what the events say: an end with its versions and balance, a refusal, or that it was accepted. */
export function checkAnswer(asked: Asked, seen: Observation, effects: Effects, of: Case, tally: Tally): void {
  const status = seen.answer?.status ?? 0;
  // An unknown answer says nothing; what became of the wish is looked up.
  if (status === 0 || status === 429 || status >= 500) return;
  if (status === 202) expectCommand(asked, seen, of, tally);
  else if (!isTelling(seen)) checkConflict(asked, seen, of, tally);
  else if (status >= 400) checkRefused(asked, seen, effects, of, tally);
  else checkDone(asked, seen, effects, of, tally);
}

/** What was accepted is never lost. Cash has no id of the client's: it is found by the command's, which the answer tells. */
function expectCommand({ id }: Asked, { key, answer }: Observation, { history }: Case, tally: Tally): void {
  const { id: told } = readAnswer(answer?.text ?? '{}');
  const isThere =
    typeof history.transferStatuses.get(id) === 'string' ||
    history.commands.some((command) => {
      const isKey = key !== null && command.key === key;
      return command.resourceId === id || command.commandId === told || isKey;
    });
  tally.expect(isThere, () => `${id} was accepted (202), and no command is there for it`);
}

/** That an id is taken is true only where somebody took it; that a hold is over, only where something ended it. */
function checkConflict(
  { id, capturedHold, requests }: Asked,
  seen: Observation,
  of: Case,
  tally: Tally,
): void {
  const { code } = readAnswer(seen.answer?.text ?? '{}');
  const isTaken = code === 'transfer-exists' || code === 'hold-exists';
  const holds =
    (isTaken && seen.key === null && requests.length > 1) ||
    (code === 'hold-final' &&
      of.history.facts.some(({ type, holdId }) => type === 'HoldCaptured' && holdId === capturedHold));
  tally.expect(
    holds,
    () => `${seen.path} for ${id} was answered ${seen.answer?.status} ${code}: never justified`,
  );
}

function checkRefused(asked: Asked, seen: Observation, effects: Effects, of: Case, tally: Tally): void {
  const { code, transferStatus } = readAnswer(seen.answer?.text ?? '{}');
  if (asked.kind === 'transfer') {
    const [fact] = [...effects.refunds, ...effects.parked, ...effects.refused];
    tally.expect(
      endOf(effects) === transferStatus && (fact === undefined || fact.refusalCode === code),
      () => {
        return `transfer ${asked.id} was answered ${transferStatus} (${code}), its events say ${endOf(effects)} (${fact?.refusalCode})`;
      },
    );
    return;
  }
  tally.expect(
    effects.done.length === 0,
    () => `${asked.kind} ${asked.id} was refused (${code}), and happened`,
  );
  checkRefusal(asked, code ?? null, of, tally);
}

/** 201: it happened, at the versions and with the balance that the answer tells. */
function checkDone(asked: Asked, seen: Observation, effects: Effects, of: Case, tally: Tally): void {
  const answer = readAnswer(seen.answer?.text ?? '{}');
  if (asked.kind !== 'transfer') {
    const fact = effects.done.find(({ version }) => version === answer.version);
    const state = stateAt(of.ledger, asked.account, answer.version ?? -1);
    const isTold = answer.balance !== undefined && toMinor(answer.balance) === state?.balanceMinor;
    tally.expect(fact !== undefined && isTold, () => {
      return `${asked.kind} ${asked.id} was answered with version ${answer.version} and balance ${answer.balance}: no order explains that`;
    });
    return;
  }
  const told = (answer.legs ?? []).map(({ leg, accountId, version }) => `${leg} ${accountId} ${version}`);
  const legs = [
    ...effects.debits.map((fact) => `debit ${accountOf(fact)} ${fact.version}`),
    ...effects.credits.map((fact) => `credit ${accountOf(fact)} ${fact.version}`),
  ];
  tally.expect(endOf(effects) === 'completed' && told.join() === legs.join(), () => {
    return `transfer ${asked.id} was answered completed with ${told.join(', ')}; its events are ${legs.join(', ') || 'none'}`;
  });
}
