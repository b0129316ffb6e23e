import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/log.ts';
import type { TemporalClient } from '../platform/temporal.ts';
import { isCurrentVersion, workerVersion } from '../platform/worker-version.ts';

/** A build that was replaced may start workflows for itself this much longer; the next task of each goes to the new one. */
const FOLLOW_EVERY_MS = 1_000;

/**
 * Keeps telling whether the worker of this process may be given workflows past Temporal's queues (eager start), which
 * asks no version: a build that is not current yet would begin some that the current one cannot go on with. Without
 * versions it always may. Runs as long as its process, by design.
 */
export async function followVersion(
  options: {
    client: TemporalClient;
    config: Config;
    log: Logger;
    setCurrent: (isCurrent: boolean) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  const { client, config, log, setCurrent } = options;
  const version = workerVersion(config);
  setCurrent(version === null);
  if (version === null) return;
  let was = false;
  while (!signal.aborted) {
    const is = await isCurrentVersion(client, config.TEMPORAL_TASK_QUEUE, version).catch((error) => {
      log.warn({ err: error, ...version }, 'Temporal does not say which build is current');
      return false;
    });
    // The connection may be another's by now.
    if (signal.aborted) return;
    if (is !== was)
      log.info(version, is ? 'this build is current now' : 'this build is not current any more');
    setCurrent(is);
    was = is;
    await sleep(FOLLOW_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
