import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, TransportError } from '@temporalio/worker';
import type { Logger } from '../platform/log.ts';
import type { Workers } from './worker.ts';

/** How long it waits before it looks for Temporal again. */
const RECONNECT_MS = 1_000;

export type WorkingOptions = {
  readonly address: string;
  readonly log: Logger;
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
  readonly make: (connection: NativeConnection) => Promise<Workers>;
  /** Runs beside the workers on their connection, until `over` aborts. */
  readonly attend: (connection: NativeConnection, over: AbortSignal) => Promise<void>;
  /** The connection is about to be closed: whoever else uses it must not from now on. */
  readonly letGo: () => void;
};

export type Working = {
  /** Resolves once told to stop and done; rejects for anything but an outage of Temporal. */
  readonly ended: Promise<void>;
  /** Lets running activities end. */
  shutdown(): void;
};

/**
 * Works for as long as the process runs: looks for Temporal, and again when workers give up because it is away. The
 * API beside it answers 202 meanwhile, so an outage of Temporal must not end their process.
 */
export function keepWorking(options: WorkingOptions): Working {
  let workers: Workers | undefined;
  const ended = (async () => {
    while (!options.signal.aborted) {
      const connection = await connect(options);
      if (connection === undefined) return;
      await workOn(connection, options, (made) => {
        workers = made;
      });
    }
  })();
  return { ended, shutdown: () => workers?.shutdown() };
}

async function workOn(
  connection: NativeConnection,
  { signal, log, make, attend, letGo }: WorkingOptions,
  made: (workers: Workers | undefined) => void,
): Promise<void> {
  const over = new AbortController();
  let attending = Promise.resolve();
  try {
    const workers = await make(connection);
    made(workers);
    attending = attend(connection, AbortSignal.any([signal, over.signal]));
    const working = workers.run();
    // Told to stop while the workers were being made; only workers that ran let go of their connection.
    if (signal.aborted) workers.shutdown();
    await Promise.all([working, attending]);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    log.warn({ err: error }, 'Temporal is away, the worker looks for it again');
    await sleep(RECONNECT_MS);
  } finally {
    made(undefined);
    over.abort();
    await attending.catch(() => undefined);
    letGo();
    // That it cannot be closed must not hide why the work ended.
    await connection.close().catch((error) => log.warn({ err: error }, 'a connection was not closed'));
  }
}

async function connect({ address, log, signal }: WorkingOptions): Promise<NativeConnection | undefined> {
  while (!signal.aborted) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      log.warn({ err: error }, 'Temporal is not there yet, the worker looks again');
      await sleep(RECONNECT_MS);
    }
  }
  return undefined;
}
