import { z } from 'zod';
import { type Asked, collectAsked } from './asked.ts';
import { judgeFinality, judgeKeys } from './client-invariants.ts';
import type { History } from './history.ts';
import { judgeAnswers } from './i9.ts';
import type { Observation, Trial, Verdict } from './load.ts';
import { readHistory } from './read-history.ts';
import { judgeLetters, judgeReadRows, judgeReadSums } from './read-invariants.ts';
import { judgeRebuild } from './rebuild.ts';
import { sampleOnce } from './sampler.ts';
import { judgeDebits, judgeFolds, judgeLimits, judgeMoney, judgeVersions } from './store-invariants.ts';
import { createTally, join } from './tally.ts';

/** GET /api/integrity reads every event of the ground. */
const INTEGRITY_TIMEOUT_MS = 60_000;

/**
 * Judges a run by the invariants I1 to I10 of reliability.md, once everything is quiet.
 * @throws where a part or the API that it asks is away
 */
export async function judge(trial: Trial): Promise<readonly Verdict[]> {
  const { observations, db, address, healedAt, plantedLetters } = trial;
  const asked = collectAsked(observations);
  const history = await readHistory(trial, asked);
  const times = { healedAt, lookedAt: Date.now() };
  const verdicts = [
    ...judgeHistory({ observations, asked, history, times, plantedLetters }),
    ...trial.samples.verdicts,
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
    judgeAnswers(observations, asked, history),
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

const integrity = z.object({
  checks: z.array(
    z.object({ name: z.string(), ok: z.boolean(), checked: z.int(), firstViolation: z.string().nullable() }),
  ),
});

/** Remit's own proof of the store and the read tables, beside the campaign's. */
async function judgeIntegrity(address: string): Promise<Verdict> {
  const tally = createTally('I5');
  const response = await fetch(`${address}/api/integrity`, {
    signal: AbortSignal.timeout(INTEGRITY_TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET /api/integrity answered ${response.status} ${text}`);
  for (const { name, ok, firstViolation } of integrity.parse(JSON.parse(text)).checks) {
    tally.expect(ok, () => `GET /api/integrity: ${name}: ${firstViolation}`);
  }
  return tally.verdict();
}
