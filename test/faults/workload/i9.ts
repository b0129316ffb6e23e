import type { Asked } from './asked.ts';
import { collectBatches, explainBatch } from './batches.ts';
import { assignEffects, placeOf } from './effects.ts';
import { explainAsked } from './explain.ts';
import type { History } from './history.ts';
import type { GivenUp, Observation, Verdict } from './load.ts';
import { replay } from './model.ts';
import { checkReads, checkRealTime } from './order.ts';
import { readAccountOf } from './reads.ts';
import { createTally } from './tally.ts';
import { createWindows } from './windows.ts';

/**
 * I9: what clients saw is explained by a sequential model of accounts; an unknown answer resolves one way, once. The
 * order is that of the accounts' versions, and real time must agree with it.
 */
export function judgeAnswers(
  observations: readonly Observation[],
  asked: ReadonlyMap<string, Asked>,
  history: History,
  mayGiveUp: readonly GivenUp[],
): Verdict {
  const tally = createTally('I9');
  const ledger = replay(history.facts);
  const { effectsOf, unasked } = assignEffects(history.facts, asked);
  const windows = createWindows(asked, effectsOf, observations);
  for (const fact of history.facts) {
    tally.expect(!unasked.includes(fact), () => `nobody asked for ${fact.type} of ${placeOf(fact)}`);
  }
  const of = { history, ledger, windows, mayGiveUp, effectsOf };
  for (const one of asked.values()) explainAsked(one, of, tally);
  for (const batch of collectBatches(observations).values()) explainBatch(batch, of, tally);
  checkRealTime(windows, tally);
  for (const { method, path, answer } of observations) {
    if (method !== 'GET' || answer === null || answer.status >= 500) continue;
    // Clients read accounts that are there, at versions that they were told of: whatever refuses that has lost them.
    tally.expect(answer.status === 200, () => `GET ${path} was answered ${answer.status} ${answer.text}`);
  }
  checkReads(
    observations.map(readAccountOf).filter((read) => read !== null),
    ledger,
    windows,
    tally,
  );
  return tally.verdict();
}
