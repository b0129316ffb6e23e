import type { Queryable } from '../platform/postgres.ts';

/*
 * Reads never go backwards, neither when a row is created nor when a rebuild swaps generations. Two kinds of
 * advisory locks of the read database see to it, both held until the transaction ends. Advisory, not row, locks:
 * Postgres queues them fairly, so that a swap is not starved by a stream of sharers.
 */

/** Everything that applies or falls back shares this lock; only a swap of generations holds it alone. */
export async function shareProjections(db: Queryable, names: readonly string[]): Promise<void> {
  await db.query({
    name: 'share-projections',
    text: `select pg_advisory_xact_lock_shared(hashtextextended('projection ' || name, 0))
           from (select name from unnest($1::text[]) as n (name) order by name) as sorted`,
    values: [names],
  });
}

/** Waits until nobody applies to this projection, and lets nobody begin before the transaction ends. */
export async function holdProjection(db: Queryable, name: string): Promise<void> {
  await db.query({
    name: 'hold-projection',
    text: `select pg_advisory_xact_lock(hashtextextended('projection ' || $1, 0))`,
    values: [name],
  });
}

export type AccountKey = { readonly tenant: string; readonly accountId: string };

/** The projector's half: held while rows of these accounts are created, so that no fallback reads meanwhile. */
export async function holdAccounts(db: Queryable, accounts: readonly AccountKey[]): Promise<void> {
  await db.query({
    name: 'hold-accounts',
    text: `select pg_advisory_xact_lock(key)
           from (select distinct hashtextextended(name, 0) as key from unnest($1::text[]) as n (name) order by key) as sorted`,
    values: [accounts.map(accountName)],
  });
}

/** The reader's half: held while the write side is read in place of a missing row. */
export async function shareAccount(db: Queryable, account: AccountKey): Promise<void> {
  await db.query({
    name: 'share-account',
    text: `select pg_advisory_xact_lock_shared(hashtextextended($1, 0))`,
    values: [accountName(account)],
  });
}

function accountName(account: AccountKey): string {
  return `${account.tenant}/${account.accountId}`;
}
