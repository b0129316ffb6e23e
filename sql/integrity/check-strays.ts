import type { Queryable } from '../../platform/postgres.ts';
import { PAGE_SIZE, type Snapshots } from './snapshots.ts';
import { findMissingEvents, findMissingHeads } from './stray-rows.ts';

/** A row of a read table by its key, and the stream that it must come from; of single events with the version. */
type Key = { readonly key: string; readonly streamId: string; readonly version: number };

type Table = {
  readonly name: string;
  /** A page of keys: after $2 and $3 of tenant $1, at most $4. */
  readonly text: string;
};

const BALANCES: Table = {
  name: 'balances',
  text: `select account_id as key, 'account-' || account_id as "streamId", 0 as version from balances
         where generation = (select live_generation from projections where name = 'balances')
           and tenant = $1 and (account_id, 0) > ($2, $3::int) order by account_id limit $4`,
};
const TRANSFERS: Table = {
  name: 'transfers',
  text: `select transfer_id as key, 'transfer-' || transfer_id as "streamId", 0 as version from transfers
         where generation = (select live_generation from projections where name = 'transfers')
           and tenant = $1 and (transfer_id, 0) > ($2, $3::int) order by transfer_id limit $4`,
};
const TRANSACTIONS: Table = {
  name: 'transactions',
  text: `select account_id as key, 'account-' || account_id as "streamId", version from transactions
         where generation = (select live_generation from projections where name = 'transactions')
           and tenant = $1 and (account_id, version) > ($2, $3::int) order by account_id, version limit $4`,
};
const ENTRIES: Table = {
  name: 'journal_entries',
  text: `select stream_id as key, stream_id as "streamId", version from journal_entries
         where generation = (select live_generation from projections where name = 'journal')
           and tenant = $1 and (stream_id, version) > ($2, $3::int) order by stream_id, version limit $4`,
};

/** Rows that nothing in the store accounts for. The store's snapshot is the later one: it knows every row's event. */
export async function checkStrays(snapshots: Snapshots): Promise<void> {
  const { store, tenant } = snapshots;
  for (const table of [BALANCES, TRANSFERS]) {
    await walk(snapshots, table, (keys) => findMissingHeads(store, tenant, keys));
  }
  for (const table of [TRANSACTIONS, ENTRIES]) {
    await walk(snapshots, table, (keys) => findMissingEvents(store, tenant, keys));
  }
}

/** One look a page: `missing` tells which of the keys the store does not know. */
async function walk(
  { read, tenant, tally, progress, breathe }: Snapshots,
  table: Table,
  missing: (keys: readonly Key[]) => Promise<Set<string>>,
): Promise<void> {
  for (let after: Pick<Key, 'key' | 'version'> = { key: '', version: 0 }; ; ) {
    const keys = await pageKeys(read, table, [tenant, after.key, after.version, PAGE_SIZE]);
    const last = keys.at(-1);
    if (last === undefined) return;
    const strays = await missing(keys);
    for (const { key, streamId, version } of keys) {
      tally.expect('read-tables-equal-folds', !strays.has(`${streamId}/${version}`), () => {
        return `${table.name} row ${version === 0 ? key : `${key}/${version}`} comes from nothing in the store`;
      });
    }
    await breathe();
    progress('read rows', keys.length);
    after = last;
  }
}

async function pageKeys(read: Queryable, table: Table, values: readonly unknown[]): Promise<Key[]> {
  const { rows } = await read.query<Key>({ text: table.text, values: [...values] });
  return rows;
}
