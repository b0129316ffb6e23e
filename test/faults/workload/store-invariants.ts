import type { Asked } from './asked.ts';
import { assignEffects, placeOf } from './effects.ts';
import { accountOf, type History } from './history.ts';
import type { Verdict } from './load.ts';
import { availableMinor, replay } from './model.ts';
import { createTally } from './tally.ts';

/** I1 at the end: with nothing in flight, what the accounts have is what came in less what went out. */
export function judgeMoney({ facts }: History): Verdict {
  const tally = createTally('I1');
  const sum = (...types: string[]) =>
    facts
      .filter(({ type }) => types.includes(type))
      .reduce((all, { amountMinor }) => all + (amountMinor ?? 0n), 0n);
  const balances = [...replay(facts).values()].reduce(
    (all, states) => all + (states.at(-1)?.balanceMinor ?? 0n),
    0n,
  );
  const suspense = sum('RefundParked');
  const cash = sum('MoneyDeposited') - sum('MoneyWithdrawn');
  tally.expect(facts.length > 0 && balances + suspense === cash, () => {
    return `balances ${balances} + suspense ${suspense}, deposits less withdrawals are ${cash}`;
  });
  return tally.verdict();
}

/** I2: at no version of any account is less there than its limit allows. */
export function judgeLimits({ facts }: History): Verdict {
  const tally = createTally('I2');
  for (const [accountId, states] of replay(facts)) {
    for (const [version, state] of states.entries()) {
      tally.expect(availableMinor(state) >= 0n, () => {
        return `account ${accountId} has ${availableMinor(state)} available at version ${version}`;
      });
    }
  }
  return tally.verdict();
}

/** I6: the versions of each stream are 1 to n, each once, and its head stands at n with the balance of n. */
export function judgeVersions({ facts, heads }: History): Verdict {
  const tally = createTally('I6');
  const last = new Map<string, number>();
  for (const { streamId, version } of facts) {
    const expected = (last.get(streamId) ?? 0) + 1;
    tally.expect(version === expected, () => `${streamId} has version ${version} where ${expected} is next`);
    last.set(streamId, version);
  }
  for (const { streamId, version } of heads) {
    const events = last.get(streamId) ?? 0;
    tally.expect(
      version === events,
      () => `the head of ${streamId} is at ${version}, its events end at ${events}`,
    );
  }
  return tally.verdict();
}

/** I10: a debit is credited or refunded, exactly once; or it is parked, and an operator knows of it. */
export function judgeDebits({ facts }: History, asked: ReadonlyMap<string, Asked>): Verdict {
  const tally = createTally('I10');
  const { effectsOf } = assignEffects(facts, asked);
  for (const { id, kind } of asked.values()) {
    if (kind !== 'transfer') continue;
    const { debits, credits, refunds, parked } = effectsOf(id);
    const ends = credits.length + refunds.length + parked.length;
    if (debits.length === 0 && ends === 0) continue;
    tally.expect(debits.length === 1 && ends === 1, () => {
      const story = [...debits, ...credits, ...refunds, ...parked].map(
        (fact) => `${fact.type} ${placeOf(fact)}`,
      );
      return `transfer ${id} has ${debits.length} debits and ${ends} ends: ${story.join(', ')}`;
    });
  }
  return tally.verdict();
}

/** The balances that events say they left behind are those of the model's own sums. */
export function judgeFolds({ facts, heads }: History): Verdict {
  const tally = createTally('I5');
  const ledger = replay(facts);
  for (const fact of facts) {
    const accountId = accountOf(fact);
    if (accountId === null || fact.balanceMinor === null) continue;
    const state = ledger.get(accountId)?.[fact.version];
    tally.expect(state?.balanceMinor === fact.balanceMinor, () => {
      return `${fact.type} of ${placeOf(fact)} says ${fact.balanceMinor} is left, the sum is ${state?.balanceMinor}`;
    });
  }
  for (const { streamId, version, balanceMinor } of heads) {
    const accountId = accountOf({ streamId });
    if (accountId === null) continue;
    const sum = ledger.get(accountId)?.[version]?.balanceMinor;
    tally.expect(
      sum === balanceMinor,
      () => `the head of ${streamId} says ${balanceMinor}, the sum is ${sum}`,
    );
  }
  return tally.verdict();
}
