import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../platform/log.ts';
import type { Bell } from './bell.ts';

/** Runs until it is stopped; calls `beat` after each round that went well, so that health means progress. */
export type Loop = (signal: AbortSignal, beat: () => void) => Promise<void>;

/** A loop that fails this often without a good round in between ends the process: about five minutes. */
const MAX_FAILURES = 60;
const BACKOFF_MS = { first: 100, longest: 5_000 };

export type Supervised = {
  readonly name: string;
  readonly loop: Loop;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly beat: () => void;
};

/**
 * Runs a loop until the signal aborts, and again after an error, waiting longer each time (100 ms to 5 s).
 * @throws the last error where it failed 60 times in a row; the process should then exit non-zero.
 */
export async function supervise({ name, loop, log, signal, beat }: Supervised): Promise<void> {
  let failures = 0;
  const good = () => {
    failures = 0;
    beat();
  };
  while (!signal.aborted) {
    try {
      await loop(signal, good);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures >= MAX_FAILURES) {
        throw new Error(`the ${name} failed ${failures} times in a row; see the cause`, { cause: error });
      }
      log.warn({ err: error, loop: name, failures }, `the ${name} failed and starts again`);
      await pause(Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** Math.min(failures - 1, 10)), signal);
    }
  }
}

/** Waits, or returns at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/**
 * How a poll waits: not at all after a full batch, `busyMs` after a partial one; when idle ever longer. Where it has a
 * bell it then waits until that rings, at most `idleMs`.
 */
export type Pace = { readonly full: number; readonly busyMs: number; readonly idleMs: number };

/**
 * Repeats `step`, which answers how much it did, until the signal aborts. Unbounded on purpose: it is the life of
 * its process. Gathering for `busyMs` makes batches out of what would be many small steps.
 */
export async function poll(
  pace: Pace,
  signal: AbortSignal,
  beat: () => void,
  step: () => Promise<number>,
  bell?: Bell,
): Promise<void> {
  let waitMs = pace.busyMs;
  while (!signal.aborted) {
    const heard = bell?.rings();
    const done = await step();
    beat();
    if (done >= pace.full) continue;
    waitMs = done > 0 ? pace.busyMs : Math.min(pace.idleMs, waitMs * 2);
    if (done > 0 || bell === undefined) await pause(waitMs, signal);
    // What rang while it looked may be what it did not see.
    if (bell !== undefined && bell.rings() === heard) await bell.wait(pace.idleMs, signal);
  }
}
