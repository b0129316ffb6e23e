import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '../platform/postgres.ts';
import { type Replay, readReplay } from '../sql/dead-letter-replays.ts';

/** Between two looks, in milliseconds: doubled each time up to the longest. */
const PAUSE_MS = { first: 20, longest: 250 };

/**
 * Waits until a replay that was asked for is done, at most `waitMs`, and returns it as it stands then; soon, once
 * `hurry` is aborted.
 */
export async function awaitReplay(
  readDb: Queryable,
  replayId: string,
  waitMs: number,
  hurry?: AbortSignal,
): Promise<Replay> {
  const until = Date.now() + waitMs;
  for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)) {
    const replay = await readReplay(readDb, replayId);
    if (replay === undefined) throw new Error(`replay ${replayId} was recorded, and is gone`);
    const leftMs = hurry?.aborted ? 0 : until - Date.now();
    if (replay.status !== 'requested' || leftMs <= 0) return replay;
    await sleep(Math.min(pauseMs, leftMs));
  }
}
