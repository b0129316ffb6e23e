import { type Asked, collectAsked } from './asked.ts';
import { collectBatches } from './batches.ts';
import { judgeFinality, judgeKeys } from './client-invariants.ts';
import type { History } from './history.ts';
import { judgeAnswers } from './i9.ts';
import { judgeIntegrity } from './integrity.ts';
import type { GivenUp, Observation, Trial, Verdict } from './load.ts';
import { readHistory } from './read-history.ts';
import { judgeLetters, judgeReadRows, judgeReadSums } from './read-invariants.ts';
import { judgeRebuild } from './rebuild.ts';
import { sampleOnce } from './sampler.ts';
import { judgeSamples } from './samples.ts';
import { judgeDebits, judgeFolds, judgeLimits, judgeMoney, judgeVersions } from './store-invariants.ts';
import { join } from './tally.ts';

/**
 * Judges a run by the invariants I1 to I10 of reliability.md, once everything is quiet.
 * @throws where a part or the API that it asks is away
 */
export async function judge(trial: Trial): Promise<readonly Verdict[]> {
  const { observations, db, address, healedAt, plantedLetters, mayGiveUp } = trial;
  const asked = collectAsked(observations);
  const history = await readHistory(trial, asked, [...collectBatches(observations).keys()]);
  const times = { healedAt, lookedAt: Date.now() };
  const verdicts = [
    ...judgeHistory({ observations, asked, history, times, plantedLetters, mayGiveUp }),
    ...judgeSamples(trial.samples),
    ...(await sampleOnce(db)),
    await judgeIntegrity(address),
    ...(trial.rebuild ? [await judgeRebuild(db, address)] : []),
  ];
  return summarize(verdicts);
}

/** All that can be told from what was seen and what was read, without asking anybody. */
export function judgeHistory(told: {
  readonly observations: readonly Observation[];
  readonly asked: ReadonlyMap<string, Asked>;
  readonly history: History;
  readonly times: { readonly healedAt: number; readonly lookedAt: number };
  readonly plantedLetters: number;
  readonly mayGiveUp: readonly GivenUp[];
}): Verdict[] {
  const { observations, asked, history } = told;
  return [
    judgeMoney(history),
    judgeLimits(history),
    judgeFinality(history, told.times),
    judgeReadRows(history),
    judgeFolds(history),
    judgeReadSums(history),
    judgeVersions(history),
    judgeLetters(history, told.plantedLetters),
    judgeKeys(observations),
    judgeAnswers(observations, asked, history, told.mayGiveUp),
    judgeDebits(history, asked),
  ];
}

/** One verdict for each invariant, in order. */
function summarize(verdicts: readonly Verdict[]): Verdict[] {
  const byName = new Map<string, Verdict>();
  for (const verdict of verdicts) {
    const before = byName.get(verdict.invariant);
    byName.set(verdict.invariant, before === undefined ? verdict : join(before, verdict));
  }
  return [...byName.values()].sort((one, other) => numberOf(one) - numberOf(other));
}

function numberOf({ invariant }: Verdict): number {
  return Number(invariant.slice(1));
}
