import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from './context.ts';
import { Problem } from './problem.ts';

/** Between two looks at the read tables, in milliseconds: doubled each time up to the longest. */
const PAUSE_MS = { first: 5, longest: 100 };

/**
 * Reads until there is something, for READ_WAIT_MS: what is committed reaches the read tables soon.
 * @throws Problem 503 with `detail` where it does not in time
 */
export async function awaitRead<T>(
  deps: Pick<Deps, 'now' | 'config'>,
  detail: string,
  read: () => Promise<T | undefined>,
): Promise<T> {
  const until = deps.now().getTime() + deps.config.READ_WAIT_MS;
  for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest)) {
    const found = await read();
    if (found !== undefined) return found;
    if (deps.now().getTime() >= until) {
      throw new Problem('not-ready', detail, { headers: { 'retry-after': '1' } });
    }
    await sleep(pauseMs);
  }
}
