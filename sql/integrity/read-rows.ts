import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';
import type { JournalEntry } from '../projections/journal.ts';
import type { TransactionRow } from '../projections/transactions.ts';

// Each look-up is one look into a primary key for every row that is wanted, whatever the planner believes: `offset 0`
// keeps it from joining anything else. And none has a name, so that each is planned anew: a plan kept from when the
// tables were small would scan them. Where another index begins like the primary key, it would seem as good to a planner
// without statistics: so the last column is asked for as a range, in order, which only the primary key gives.

/** A row by its columns' names, as Postgres gives it: nothing is read into it, for it may have been altered. */
export type RawRow = Readonly<Record<string, unknown>>;

type BalanceKey = { readonly account_id: string; readonly version: number };

/** The balances rows of these accounts, by account id. */
export async function findBalances(
  db: Queryable,
  tenant: Tenant,
  accountIds: readonly string[],
): Promise<Map<string, BalanceKey & RawRow>> {
  const { rows } = await db.query<BalanceKey & RawRow>({
    text: `select b.*
           from unnest($2::text[]) as wanted (account_id)
           cross join lateral (
             select * from balances
             where generation = (select live_generation from projections where name = 'balances')
               and tenant = $1 and account_id between wanted.account_id and wanted.account_id
             order by account_id limit 1
           ) as b`,
    values: [tenant, accountIds],
  });
  return new Map(rows.map((row) => [row.account_id, row]));
}

/** The transactions of these money events, by `<accountId>/<version>`. */
export async function findTransactions(
  db: Queryable,
  tenant: Tenant,
  places: readonly { accountId: string; version: number }[],
): Promise<Map<string, TransactionRow>> {
  const { rows } = await db.query<TransactionRow>({
    text: `select t.*
           from unnest($2::text[], $3::int[]) as wanted (account_id, version)
           cross join lateral (
             select tenant, account_id as "accountId", version, transaction_id as "transactionId", type,
               amount_minor as "amountMinor", currency, opening_balance_minor as "openingBalanceMinor",
               closing_balance_minor as "closingBalanceMinor", transfer_id as "transferId",
               counterparty_id as "counterpartyId", description, metadata, position, occurred_at as "occurredAt"
             from transactions
             where generation = (select live_generation from projections where name = 'transactions')
               and tenant = $1 and account_id = wanted.account_id and version between wanted.version and wanted.version
             order by version limit 1
           ) as t`,
    values: [tenant, places.map((place) => place.accountId), places.map((place) => place.version)],
  });
  return new Map(rows.map((row) => [`${row.accountId}/${row.version}`, row]));
}

/** The journal entries of these events, each event's in their order, by `<streamId>/<version>`. */
export async function findReadEntries(
  db: Queryable,
  tenant: Tenant,
  places: readonly { streamId: string; version: number }[],
): Promise<Map<string, JournalEntry[]>> {
  const { rows } = await db.query<JournalEntry>({
    text: `select j.tenant, j.stream_id as "streamId", j.version, j.entry, j.debit_account as "debitAccount",
             j.credit_account as "creditAccount", j.amount_minor as "amountMinor", j.currency, j.position,
             j.occurred_at as "occurredAt"
           from unnest($2::text[], $3::int[]) as wanted (stream_id, version)
           cross join lateral (
             select * from journal_entries
             where generation = (select live_generation from projections where name = 'journal')
               and tenant = $1 and stream_id = wanted.stream_id and version = wanted.version offset 0
           ) as j
           order by j.entry`,
    values: [tenant, places.map((place) => place.streamId), places.map((place) => place.version)],
  });
  const found = new Map<string, JournalEntry[]>();
  for (const entry of rows) {
    const key = `${entry.streamId}/${entry.version}`;
    found.set(key, [...(found.get(key) ?? []), entry]);
  }
  return found;
}

/** The transfers rows of these transfers, by transfer id. */
export async function findTransfers(
  db: Queryable,
  tenant: Tenant,
  transferIds: readonly string[],
): Promise<Map<string, RawRow>> {
  const { rows } = await db.query<RawRow & { transfer_id: string }>({
    text: `select t.*
           from unnest($2::text[]) as wanted (transfer_id)
           cross join lateral (
             select * from transfers
             where generation = (select live_generation from projections where name = 'transfers')
               and tenant = $1 and transfer_id between wanted.transfer_id and wanted.transfer_id
             order by transfer_id limit 1
           ) as t`,
    values: [tenant, transferIds],
  });
  return new Map(rows.map((row) => [row.transfer_id, row]));
}

/** Up to which version each of these streams is in the transfers table, by stream id. */
export async function findAppliedToTransfers(
  db: Queryable,
  tenant: Tenant,
  streamIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ stream_id: string; version: number }>({
    text: `select a.stream_id, a.version
           from unnest($2::text[]) as wanted (stream_id)
           cross join lateral (
             select * from applied_versions
             where projection = 'transfers'
               and generation = (select live_generation from projections where name = 'transfers')
               and tenant = $1 and stream_id = wanted.stream_id offset 0
           ) as a`,
    values: [tenant, streamIds],
  });
  return new Map(rows.map((row) => [row.stream_id, row.version]));
}
