import { setTimeout as sleep } from 'node:timers/promises';
import { SetupFailure } from './failure.ts';

/**
 * Repeats `check` until it does not throw; a SetupFailure is final at once.
 * @param timeoutMs bound on all tries together; a single check must bound itself.
 * @throws Error with the last failure as its cause when time is up, or the signal's reason when aborted.
 */
export async function until(
  what: string,
  check: () => Promise<void>,
  options: { timeoutMs: number; everyMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return await check();
    } catch (cause) {
      // What only a person can mend does not mend itself by waiting.
      if (cause instanceof SetupFailure) throw cause;
      if (Date.now() > deadline) throw new Error(`${what} took more than ${options.timeoutMs} ms`, { cause });
    }
    await sleep(options.everyMs);
  }
}
