import type { Account } from '../../domain/account.ts';
import type { Entry } from '../../domain/double-entry.ts';
import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';
import { type BalanceRow, toAccount } from '../read-account.ts';

/** An account's row in the read table: the state at its version. */
export type ReadRow = { readonly account: Account; readonly version: number };

/** What the transactions table holds of one event. */
export type ReadTransaction = {
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly closingMinor: bigint;
};

/** The balances rows of these accounts, by account id. */
export async function findBalances(
  db: Queryable,
  tenant: Tenant,
  accountIds: readonly string[],
): Promise<Map<string, ReadRow>> {
  const { rows } = await db.query<BalanceRow>({
    name: 'integrity-find-balances',
    text: `select b.* from balances b
           where b.generation = (select live_generation from projections where name = 'balances')
             and b.tenant = $1 and b.account_id = any($2)`,
    values: [tenant, accountIds],
  });
  return new Map(rows.map((row) => [row.account_id, { account: toAccount(row), version: row.version }]));
}

type TransactionRow = ReadTransaction & { readonly account_id: string; readonly version: number };

/** The transactions of these money events, by `<accountId>/<version>`. */
export async function findReadTransactions(
  db: Queryable,
  tenant: Tenant,
  places: readonly { accountId: string; version: number }[],
): Promise<Map<string, ReadTransaction>> {
  const { rows } = await db.query<TransactionRow>({
    name: 'integrity-find-read-transactions',
    text: `select t.account_id, t.version, t.amount_minor as "amountMinor", t.currency,
             t.closing_balance_minor as "closingMinor"
           from unnest($2::text[], $3::int[]) as wanted (account_id, version)
           join transactions t on t.generation = (select live_generation from projections where name = 'transactions')
             and t.tenant = $1 and t.account_id = wanted.account_id and t.version = wanted.version`,
    values: [tenant, places.map((place) => place.accountId), places.map((place) => place.version)],
  });
  return new Map(rows.map(({ account_id, version, ...row }) => [`${account_id}/${version}`, row]));
}

type EntryRow = Entry & { readonly stream_id: string; readonly version: number };

/** The journal entries of these events, each event's in their order, by `<streamId>/<version>`. */
export async function findReadEntries(
  db: Queryable,
  tenant: Tenant,
  places: readonly { streamId: string; version: number }[],
): Promise<Map<string, Entry[]>> {
  const { rows } = await db.query<EntryRow>({
    name: 'integrity-find-read-entries',
    text: `select j.stream_id, j.version, j.debit_account as "debitAccount", j.credit_account as "creditAccount",
             j.amount_minor as "amountMinor", j.currency
           from unnest($2::text[], $3::int[]) as wanted (stream_id, version)
           join journal_entries j on j.generation = (select live_generation from projections where name = 'journal')
             and j.tenant = $1 and j.stream_id = wanted.stream_id and j.version = wanted.version
           order by j.entry`,
    values: [tenant, places.map((place) => place.streamId), places.map((place) => place.version)],
  });
  const found = new Map<string, Entry[]>();
  for (const { stream_id, version, ...entry } of rows) {
    const key = `${stream_id}/${version}`;
    found.set(key, [...(found.get(key) ?? []), entry]);
  }
  return found;
}

/** What the transfers table holds of legs: by transfer id, the versions of its legs and its amount. */
export type ReadLegs = {
  readonly amountMinor: bigint;
  readonly debit: number | null;
  readonly credit: number | null;
  readonly refund: number | null;
  readonly settle: number | null;
};

type LegsRow = {
  transfer_id: string;
  amount_minor: bigint;
  debit_version: number | null;
  credit_version: number | null;
  refund_version: number | null;
  settle_version: number | null;
};

/** The transfers rows of these transfers, by transfer id. */
export async function findReadLegs(
  db: Queryable,
  tenant: Tenant,
  transferIds: readonly string[],
): Promise<Map<string, ReadLegs>> {
  const { rows } = await db.query<LegsRow>({
    name: 'integrity-find-read-legs',
    text: `select transfer_id, amount_minor, debit_version, credit_version, refund_version, settle_version
           from transfers
           where generation = (select live_generation from projections where name = 'transfers')
             and tenant = $1 and transfer_id = any($2)`,
    values: [tenant, transferIds],
  });
  return new Map(
    rows.map((row) => [
      row.transfer_id,
      {
        amountMinor: row.amount_minor,
        debit: row.debit_version,
        credit: row.credit_version,
        refund: row.refund_version,
        settle: row.settle_version,
      },
    ]),
  );
}
