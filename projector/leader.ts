import type { Pool, PoolClient } from '../platform/postgres.ts';
import { promiseToSpeak, resign, tryToLead } from '../sql/leader-lock.ts';
import { pause } from './supervise.ts';

/** How often a standby asks whether the lead is free. */
const STANDBY_MS = 250;

/** What a leader does: with the client that holds its lock, until `leading` aborts. */
export type Lead = (client: PoolClient, leading: AbortSignal) => Promise<void>;

/**
 * Waits to become the one leader of a task, then works until stopped. The lock lives on one connection: when
 * that is lost the lead is lost (a leader that is silent for 20 s loses it too), `leading` aborts, and this
 * throws so that its supervisor starts it again.
 */
export async function lead(
  pool: Pool,
  task: string,
  signal: AbortSignal,
  beat: () => void,
  work: Lead,
): Promise<void> {
  while (!signal.aborted) {
    const led = await leadOnce(pool, task, signal, work);
    beat();
    if (!led) await pause(STANDBY_MS, signal);
  }
}

async function leadOnce(pool: Pool, task: string, signal: AbortSignal, work: Lead): Promise<boolean> {
  const client = await pool.connect();
  const lost = new AbortController();
  const onError = (error: Error) => lost.abort(error);
  client.on('error', onError);
  try {
    const leads = await tryToLead(client, task);
    if (leads) {
      await promiseToSpeak(client);
      await work(client, AbortSignal.any([signal, lost.signal]));
      lost.signal.throwIfAborted();
      await resign(client, task);
    }
    client.off('error', onError);
    client.release();
    return leads;
  } catch (error) {
    // Closing the connection frees the lock, whatever state it was in. Its listener stays: it may still fail.
    client.release(error instanceof Error ? error : true);
    throw error;
  }
}
