import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for work, but not for ever: what has not ended in time fails, and so does what is interrupted.
 * @param what says what took too long: `inflicting the fault`
 * @throws what the work throws, or the signal's reason
 */
export async function within<T>(
  what: string,
  timeoutMs: number,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const done = new AbortController();
  const either = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
  const timeout = sleep(timeoutMs, undefined, { signal: either }).then(() => {
    throw new Error(`${what} took more than ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    done.abort();
    // The one that lost the race has nobody else who listens.
    void Promise.allSettled([work, timeout]);
  }
}
