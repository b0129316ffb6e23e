import { setTimeout as sleep } from 'node:timers/promises';
import { SetupFailure } from './failure.ts';

const MAX_RESTARTS = 5;
const WINDOW_MS = 60_000;
const PAUSE_MS = 500;

/** Something that runs until it ends, and can be started again. */
export type Supervised = {
  name: string;
  start(): Promise<void>;
  ended(): Promise<void>;
  /** What to look at when it keeps ending. */
  explain(): Promise<string>;
};

/**
 * Starts what ends again, at most five times within a minute. It must be running.
 * @param pauseMs wait before the first restart; each further one waits that much longer.
 * @returns when `signal` is aborted.
 * @throws SetupFailure with the explanation when it ended once more, or when a start failed.
 */
export async function supervise(
  supervised: Supervised,
  signal: AbortSignal,
  pauseMs = PAUSE_MS,
): Promise<void> {
  const restarts: number[] = [];
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  for (;;) {
    await Promise.race([supervised.ended(), stopped]);
    if (signal.aborted) return;
    const recent = restarts.filter((at) => at > Date.now() - WINDOW_MS);
    if (recent.length >= MAX_RESTARTS) throw new SetupFailure(await giveUp(supervised));
    restarts.push(Date.now());
    console.log(
      `${supervised.name} ended; starting it again (${recent.length + 1} of ${MAX_RESTARTS} a minute)`,
    );
    await sleep(pauseMs * (recent.length + 1));
    if (signal.aborted) return;
    await supervised.start();
  }
}

async function giveUp({ name, explain }: Supervised): Promise<string> {
  return `${name} ended ${MAX_RESTARTS + 1} times within a minute, so everything stops.\n${await explain()}`;
}
