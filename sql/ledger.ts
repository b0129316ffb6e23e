import pRetry from 'p-retry';
import type { StreamId, Tenant } from '../domain/ids.ts';
import { isConflict, type Pool, type PoolClient } from '../platform/postgres.ts';
import { type Changes, type CommandEnd, createDraft, type Draft, noChanges } from './draft.ts';
import { lockHeads } from './lock-heads.ts';
import { type OutcomeKey, readOutcomes } from './outcomes.ts';
import { allOf, onConnection } from './transaction.ts';
import { writeDraft } from './write-draft.ts';

/** Where decisions are made and kept, by whose clock, and who is told of the commands that they end. */
export type Ledger = {
  readonly pool: Pool;
  readonly now: () => Date;
  /** Told after the commit. What it does not hear of (its process died, the reply was lost) stands in Postgres. */
  readonly announce?: (tenant: Tenant, news: readonly CommandNews[]) => void;
};

/** A command's end as its row tells it from now on. */
export type EndedCommand = CommandEnd & { readonly finishedAt: string };
/** What became of a command: it has ended, or waits from now on for its time or for a person. */
export type CommandNews = EndedCommand | { readonly commandId: string; readonly status: 'waits' };

/** What a transaction locks and looks up before it decides. */
export type Needs = {
  readonly tenant: Tenant;
  readonly streams: readonly StreamId[];
  readonly outcomes: readonly OutcomeKey[];
  /** How long to wait for a lock, where that is less than for any statement. */
  readonly lockTimeoutMs?: number | null;
};

/** A transaction that lost against another is tried again this often before the caller's own retry takes over. */
const CONFLICT_RETRIES = 8;

/**
 * Runs one decision as one transaction, in two round trips: locks the heads in id order and looks up outcomes, lets
 * `work` decide in memory, and writes everything set-based. Serialisation failures, deadlocks and unique violations
 * (another attempt was first) repeat the whole transaction with jitter, so `work` must be free of side effects.
 * @throws the database's error for an outage, and whatever `work` throws; nothing is written then.
 */
export function transact<T>(ledger: Ledger, needs: Needs, work: (draft: Draft) => T): Promise<T> {
  return pRetry(() => attempt(ledger, needs, work), {
    retries: CONFLICT_RETRIES,
    minTimeout: 5,
    maxTimeout: 200,
    randomize: true,
    shouldRetry: ({ error }) => isConflict(error),
  });
}

async function attempt<T>(ledger: Ledger, needs: Needs, work: (draft: Draft) => T): Promise<T> {
  const { tenant } = needs;
  const { result, news } = await onConnection(ledger.pool, async (client) => {
    const { heads, outcomes } = await lockView(client, needs);
    // The clock is read once the locks are held: what waited for them is decided by the time that it is then.
    const changes = noChanges(tenant, ledger.now().toISOString());
    const decided = work(createDraft(heads, outcomes, changes));
    // Where a write fails, the transaction is aborted, and its commit is a rollback.
    await allOf([...writeDraft(client, changes), client.query('commit')]);
    return { result: decided, news: newsOf(changes) };
  });
  if (news.length > 0) ledger.announce?.(tenant, news);
  return result;
}

function newsOf({ ends, deferred, at }: Changes): CommandNews[] {
  return [
    ...ends.map((end) => ({ ...end, finishedAt: at })),
    ...deferred.map(({ commandId }) => ({ commandId, status: 'waits' as const })),
  ];
}

/**
 * Locks the heads, then looks up outcomes in a statement of its own, whose snapshot sees what the locks' last
 * holders committed. A wait for a lock re-reads rows that were updated meanwhile, but does not see rows that were
 * inserted: where an outcome tells that something was decided and a head seems missing, both are read again. A head
 * that is missed all the same is refused by its key when it is written (write-draft.ts).
 */
async function lockView(client: PoolClient, { tenant, streams, outcomes: keys, lockTimeoutMs }: Needs) {
  // Sent together. Nothing is written before all three have been answered: without its `begin` a write would be final.
  const [, heads, outcomes] = await allOf([
    client.query(lockTimeoutMs ? `begin; set local lock_timeout = ${lockTimeoutMs}` : 'begin'),
    lockHeads(client, tenant, streams),
    readOutcomes(client, tenant, keys),
  ]);
  const missing = streams.filter((stream) => !heads.has(stream));
  if (missing.length === 0 || outcomes.size === 0) return { heads, outcomes };
  for (const [stream, head] of await lockHeads(client, tenant, missing)) heads.set(stream, head);
  return { heads, outcomes: await readOutcomes(client, tenant, keys) };
}
