import type { Tenant } from '../../domain/ids.ts';
import type { Pool, PoolClient } from '../../platform/postgres.ts';
import { inTransaction } from '../transaction.ts';
import { readWatermark } from '../watermark.ts';
import type { Tally } from './tally.ts';

/** What is told while a proof runs: which part of it, and how many of its rows were just looked at. */
export type Progress = (part: 'events' | 'heads' | 'read rows' | 'totals' | 'log', rows: number) => void;

/** Two snapshots that do not move: the read tables as they were, then the store, which knows at least as much. */
export type StoreSnapshots = {
  readonly read: PoolClient;
  readonly store: PoolClient;
  /** Every event up to this position is applied in the read snapshot. */
  readonly watermark: bigint;
  readonly tally: Tally;
  /** To be called once a page: keeps either snapshot from idling while the other is read, and ends what was told to. */
  readonly breathe: () => Promise<void>;
  readonly progress: Progress;
};

/** The snapshots as the checks of one tenant see them. */
export type Snapshots = StoreSnapshots & { readonly tenant: Tenant };

/** Rows that are looked at in one go: small, so that a check does not hold up the requests beside it. */
export const PAGE_SIZE = 500;

/** Opens both snapshots, the read tables' first, and closes them when `work` ends. */
export function withSnapshots<T>(
  pools: { readPool: Pool; pool: Pool },
  { signal, ...parts }: Pick<StoreSnapshots, 'tally' | 'progress'> & { signal: AbortSignal | null },
  work: (snapshots: StoreSnapshots) => Promise<T>,
): Promise<T> {
  return openSnapshot(pools.readPool, async (read) => {
    // The first query takes the snapshot: it must come before the store's.
    const watermark = await readWatermark(read);
    return openSnapshot(pools.pool, (store) => {
      const breathe = async () => {
        signal?.throwIfAborted();
        await read.query('select 1');
        await store.query('select 1');
      };
      return work({ ...parts, read, store, watermark, breathe });
    });
  });
}

function openSnapshot<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(
    pool,
    async (client) => {
      // One snapshot idles while the other is read, for longer than a request's transaction may.
      await client.query("set local idle_in_transaction_session_timeout = '60s'");
      return work(client);
    },
    'begin isolation level repeatable read read only',
  );
}
