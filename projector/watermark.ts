import type { Pool } from '../platform/postgres.ts';
import { readPartitionPositions } from '../sql/partition-positions.ts';
import { readWatermark, saveWatermark, walkWatermark } from '../sql/watermark.ts';
import { lead } from './leader.ts';
import { type Loop, poll } from './supervise.ts';

/** Log positions that one step walks over at most. */
const WINDOW = 20_000;
const PACE = { full: WINDOW, busyMs: 200, idleMs: 200 };
/** The rate is an average over this long. */
const RATE_OVER_MS = 5_000;

export type Sample = { readonly atMs: number; readonly position: bigint };

/**
 * Keeps each projection's position: the log position up to which every event was applied. Partitions advance
 * apart, so it follows from all of them together. One leader; writes only when it rises.
 */
export function createWatermark(options: { pool: Pool; readPool: Pool; now: () => number }): Loop {
  const { pool, readPool, now } = options;
  return (signal, beat) =>
    lead(readPool, 'watermark', signal, beat, async (client, leading) => {
      let position = await readWatermark(client);
      let samples: readonly Sample[] = [{ atMs: now(), position }];
      await poll(PACE, leading, beat, async () => {
        const applied = await readPartitionPositions(client);
        if (applied.every((row) => row.position <= position)) return 0;
        const reached = await walkWatermark(pool, position, WINDOW, applied);
        if (reached <= position) return 0;
        samples = addSample(samples, { atMs: now(), position: reached });
        await saveWatermark(client, reached, rateOf(samples));
        const walked = Number(reached - position);
        position = reached;
        return walked;
      });
    });
}

/** The samples that the rate is taken over: the last seconds', and one before them to measure from. */
export function addSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const firstKept = samples.findLastIndex(({ atMs }) => atMs <= sample.atMs - RATE_OVER_MS);
  const before = samples.at(Math.max(0, firstKept));
  const recent = samples.slice(Math.max(0, firstKept) + 1);
  if (before === undefined) return [sample];
  // After a pause the rate begins anew: from what stood, at the beginning of the window.
  const base = { ...before, atMs: Math.max(before.atMs, sample.atMs - RATE_OVER_MS) };
  return [base, ...recent, sample];
}

/** Events per second between the first sample and the last. */
export function rateOf(samples: readonly Sample[]): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
  return (Number(last.position - first.position) * 1000) / (last.atMs - first.atMs);
}
