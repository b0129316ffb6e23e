import pRetry from 'p-retry';
import type { StreamId, Tenant } from '../domain/ids.ts';
import { isConflict, type Pool, type PoolClient } from '../platform/postgres.ts';
import { createDraft, type Draft, noChanges } from './draft.ts';
import { lockHeads } from './lock-heads.ts';
import { type OutcomeKey, readOutcomes } from './outcomes.ts';
import { inTransaction } from './transaction.ts';
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

function attempt<T>(pool: Pool, needs: Needs, now: () => Date, work: (draft: Draft) => T): Promise<T> {
  return inTransaction(pool, async (client) => {
    const { draft, changes } = await openDraft(client, needs, now);
    const result = work(draft);
    await writeDraft(client, changes);
    return result;
  });
}

async function openDraft(client: PoolClient, needs: Needs, now: () => Date) {
  const { heads, outcomes } = await lockView(client, needs);
  // The clock is read once the locks are held: what waited for them is decided by the time that it is then.
  const changes = noChanges(needs.tenant, now().toISOString());
  return { draft: createDraft(heads, outcomes, changes), changes };
}

/**
 * Locks the heads, then looks up outcomes in a statement of its own, whose snapshot sees what the locks' last
 * holders committed. A wait for a lock re-reads rows that were updated meanwhile, but does not see rows that were
 * inserted: where an outcome tells that something was decided and a head seems missing, both are read again. A head
 * that is missed all the same is refused by its key when it is written (write-draft.ts).
 */
async function lockView(client: PoolClient, { tenant, streams, outcomes: keys }: Needs) {
  const heads = await lockHeads(client, tenant, streams);
  const outcomes = await readOutcomes(client, tenant, keys);
  const missing = streams.filter((stream) => !heads.has(stream));
  if (missing.length === 0 || outcomes.size === 0) return { heads, outcomes };
  for (const [stream, head] of await lockHeads(client, tenant, missing)) heads.set(stream, head);
  return { heads, outcomes: await readOutcomes(client, tenant, keys) };
}
