import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';

// As in store-rows.ts: one look into the primary key for each row that is wanted, planned anew.

/** Entries of one stream between the same two accounts, summed. */
export type EntrySum = {
  readonly streamId: string;
  readonly currency: string;
  readonly debitAccount: string;
  readonly creditAccount: string;
  readonly amountMinor: bigint;
  readonly firstVersion: number;
  readonly lastVersion: number;
  readonly lastEntry: number;
};

type EntrySumRow = Omit<EntrySum, 'amountMinor' | 'lastVersion' | 'lastEntry'> & {
  readonly amount: string;
  readonly last: [version: number, entry: number];
};

/** An entry by its place: which of those of an event. */
export type EntryPlace = { readonly streamId: string; readonly version: number; readonly entry: number };

/** The sums over the next `limit` entries; the last row names the last entry. A stream may go on on the next page. */
export async function pageEntrySums(
  db: Queryable,
  tenant: Tenant,
  after: EntryPlace,
  limit: number,
): Promise<EntrySum[]> {
  const { rows } = await db.query<EntrySumRow>({
    text: `select stream_id as "streamId", currency, debit_account as "debitAccount",
             credit_account as "creditAccount", sum(amount_minor) as amount, min(version) as "firstVersion",
             max(array[version, entry::int]) as last
           from (
             select * from journal_entries
             where generation = (select live_generation from projections where name = 'journal')
               and tenant = $1 and (stream_id, version, entry) > ($2, $3::int, $4::smallint)
             order by stream_id, version, entry limit $5
           ) as page
           group by stream_id, currency, debit_account, credit_account
           order by stream_id, last`,
    values: [tenant, after.streamId, after.version, after.entry, limit],
  });
  return rows.map(({ amount, last: [lastVersion, lastEntry], ...row }) => {
    return { ...row, amountMinor: BigInt(amount), lastVersion, lastEntry };
  });
}

type Key = { readonly currency: string; readonly account: string };

/**
 * The running totals over all partitions of these accounts, by `<currency> <account>`; as texts, for an altered one may be
 * no number.
 */
export async function findTotals(
  db: Queryable,
  tenant: Tenant,
  keys: readonly Key[],
): Promise<Map<string, { debits: string; credits: string }>> {
  const { rows } = await db.query<Key & { debits: string; credits: string }>({
    text: `select t.currency, t.account, sum(t.debits_minor) as debits, sum(t.credits_minor) as credits
           from unnest($2::text[], $3::text[]) as wanted (currency, account)
           cross join lateral (
             select * from journal_totals
             where generation = (select live_generation from projections where name = 'journal')
               and tenant = $1 and currency = wanted.currency and account = wanted.account offset 0
           ) as t
           group by t.currency, t.account`,
    values: [tenant, keys.map((key) => key.currency), keys.map((key) => key.account)],
  });
  return new Map(
    rows.map(({ currency, account, debits, credits }) => [`${currency} ${account}`, { debits, credits }]),
  );
}

/** A page of the accounts that have totals, and whether a customer's stream has an entry in that currency. */
export async function pageTotalKeys(
  db: Queryable,
  tenant: Tenant,
  after: Key,
  limit: number,
): Promise<(Key & { entered: boolean })[]> {
  const { rows } = await db.query<Key & { entered: boolean }>({
    text: `with live as (select live_generation as generation from projections where name = 'journal')
           select currency, account, exists (
             select from journal_entries j
             where j.generation = (select generation from live) and j.tenant = $1
               and j.stream_id = 'account-' || keys.account and j.currency = keys.currency
             offset 0
           ) as entered
           from (
             select distinct currency, account from journal_totals
             where generation = (select generation from live) and tenant = $1 and (currency, account) > ($2, $3)
             order by currency, account limit $4
           ) as keys
           order by currency, account`,
    values: [tenant, after.currency, after.account, limit],
  });
  return rows;
}

/** What all balances of a tenant come to, by currency: an entry is in two of them, so it must be '0'. */
export async function readTrialSums(
  db: Queryable,
  tenant: Tenant,
): Promise<{ currency: string; sumMinor: string }[]> {
  const { rows } = await db.query<{ currency: string; sumMinor: string }>({
    text: `select currency, sum(credits_minor - debits_minor) as "sumMinor" from journal_totals
           where generation = (select live_generation from projections where name = 'journal') and tenant = $1
           group by currency order by currency`,
    values: [tenant],
  });
  return rows;
}
