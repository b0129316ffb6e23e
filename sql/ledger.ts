import pRetry from 'p-retry';
import type { StreamId, Tenant } from '../domain/ids.ts';
import { isConflict, type Pool, type PoolClient } from '../platform/postgres.ts';
import { type Changes, createDraft, type Draft } from './draft.ts';
import { lockHeads } from './lock-heads.ts';
import { type OutcomeKey, readOutcomes } from './outcomes.ts';
import { writeDraft } from './write-draft.ts';

/** What a transaction locks and looks up before it decides. */
export type Needs = {
  readonly tenant: Tenant;
  readonly streams: readonly StreamId[];
  readonly outcomes: readonly OutcomeKey[];
};

/** A transaction that lost against another is tried again this often before the caller's own retry takes over. */
const CONFLICT_RETRIES = 8;

/**
 * Runs one decision as one transaction: locks the heads in id order, looks up outcomes, lets `work` decide in
 * memory and writes everything set-based. Serialisation failures, deadlocks and unique violations (another
 * attempt was first) repeat the whole transaction with jitter, so `work` must be free of side effects.
 * @throws the database's error for an outage, and whatever `work` throws; nothing is written then.
 */
export function transact<T>(
  pool: Pool,
  needs: Needs,
  now: () => Date,
  work: (draft: Draft) => T,
): Promise<T> {
  return pRetry(() => attempt(pool, needs, now, work), {
    retries: CONFLICT_RETRIES,
    minTimeout: 5,
    maxTimeout: 200,
    randomize: true,
    shouldRetry: ({ error }) => isConflict(error),
  });
}

async function attempt<T>(pool: Pool, needs: Needs, now: () => Date, work: (draft: Draft) => T): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { draft, changes } = await openDraft(client, needs, now);
    const result = work(draft);
    await writeDraft(client, changes);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    await abandon(client);
    throw error;
  }
}

/** Rolls back; a connection that cannot even do that is thrown away, which rolls back as well. */
export async function abandon(client: PoolClient): Promise<void> {
  try {
    await client.query('rollback');
    client.release();
  } catch (error) {
    client.release(error instanceof Error ? error : true);
  }
}

async function openDraft(client: PoolClient, needs: Needs, now: () => Date) {
  const heads = await lockHeads(client, needs.tenant, needs.streams);
  // A statement of its own, after the locks: its snapshot then sees what the last holder committed.
  const outcomes = await readOutcomes(client, needs.tenant, needs.outcomes);
  const changes: Changes = {
    tenant: needs.tenant,
    events: [],
    heads: new Map(),
    outcomes: [],
    ends: [],
    at: now().toISOString(),
  };
  return { draft: createDraft(heads, outcomes, changes), changes };
}
