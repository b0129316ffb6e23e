import type { Account } from '../../domain/account.ts';
import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';
import { type BalanceRow, toAccount } from '../read-account.ts';

/** An account's row in the read table: the state at its version. */
export type ReadRow = { readonly account: Account; readonly version: number };

/** What the read tables hold of one event: absent parts are null. */
export type ReadEvent = {
  readonly transactionMinor: bigint | null;
  readonly closingMinor: bigint | null;
  readonly journalMinor: bigint | null;
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

type EventRow = {
  account_id: string;
  version: number;
  transaction_minor: bigint | null;
  closing_minor: bigint | null;
  journal_minor: bigint | null;
};

/** What the read tables hold of these money events of accounts, by `<accountId>/<version>`. */
export async function findReadEvents(
  db: Queryable,
  tenant: Tenant,
  places: readonly { accountId: string; version: number }[],
): Promise<Map<string, ReadEvent>> {
  const { rows } = await db.query<EventRow>({
    name: 'integrity-find-read-events',
    text: `select wanted.account_id, wanted.version, t.amount_minor as transaction_minor,
             t.closing_balance_minor as closing_minor, j.amount_minor as journal_minor
           from unnest($2::text[], $3::int[]) as wanted (account_id, version)
           left join transactions t on t.generation = (select live_generation from projections where name = 'transactions')
             and t.tenant = $1 and t.account_id = wanted.account_id and t.version = wanted.version
           left join journal_entries j on j.generation = (select live_generation from projections where name = 'journal')
             and j.tenant = $1 and j.stream_id = 'account-' || wanted.account_id and j.version = wanted.version`,
    values: [tenant, places.map((place) => place.accountId), places.map((place) => place.version)],
  });
  return new Map(
    rows.map((row) => [
      `${row.account_id}/${row.version}`,
      {
        transactionMinor: row.transaction_minor,
        closingMinor: row.closing_minor,
        journalMinor: row.journal_minor,
      },
    ]),
  );
}

/** What the transfers table holds of legs: by transfer id, the versions of its legs and its amount. */
export type ReadLegs = {
  readonly amountMinor: bigint;
  readonly debit: number | null;
  readonly credit: number | null;
  readonly refund: number | null;
};

type LegsRow = {
  transfer_id: string;
  amount_minor: bigint;
  debit_version: number | null;
  credit_version: number | null;
  refund_version: number | null;
};

/** The transfers rows of these transfers, by transfer id. */
export async function findReadLegs(
  db: Queryable,
  tenant: Tenant,
  transferIds: readonly string[],
): Promise<Map<string, ReadLegs>> {
  const { rows } = await db.query<LegsRow>({
    name: 'integrity-find-read-legs',
    text: `select transfer_id, amount_minor, debit_version, credit_version, refund_version from transfers
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
      },
    ]),
  );
}
