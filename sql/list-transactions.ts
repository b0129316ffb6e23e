import type { Metadata } from '../domain/events.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { TransactionRow, TransactionType } from './projections/transactions.ts';

/** One change of an account's balance, as the read table has it. */
export type ReadTransaction = Omit<TransactionRow, 'tenant' | 'position'>;

export type TransactionFilter = {
  readonly accountId: string;
  /** ISO 8601; the first instant that counts. */
  readonly from: string | null;
  /** ISO 8601; the first instant that no longer counts. */
  readonly to: string | null;
};

/** A transactions row as Postgres gives it. */
export type Row = {
  transaction_id: string;
  account_id: string;
  type: TransactionType;
  amount_minor: bigint;
  currency: string;
  opening_balance_minor: bigint;
  closing_balance_minor: bigint;
  transfer_id: string | null;
  counterparty_id: string | null;
  description: string | null;
  metadata: Metadata;
  version: number;
  occurred_at: string;
};

type Page = { readonly limit: number; readonly before: number | null };

/** Beyond every version: where the first page begins. */
const NEWEST = 2_147_483_647;

/** Rows looked through for a period before its index is asked: a few pages. */
const WINDOW = 1_000;

/** Columns of a `Row`. */
export const COLUMNS = `transaction_id, account_id, type, amount_minor, currency, opening_balance_minor,
  closing_balance_minor, transfer_id, counterparty_id, description, metadata, version, occurred_at`;

const OF_ACCOUNT = `generation = (select live_generation from projections where name = 'transactions')
  and tenant = $1 and account_id = $2 and version < $3`;

/**
 * A page of an account's transactions, newest first; `before` is the last version of the page before. Versions
 * order, as clocks may step back: so a period's page is either among the next rows by version, or the index by
 * time finds the whole period, and its newest versions are the page.
 */
export async function listTransactions(
  db: Queryable,
  tenant: Tenant,
  filter: TransactionFilter,
  page: Page,
): Promise<ReadTransaction[]> {
  const hasPeriod = filter.from !== null || filter.to !== null;
  const next = await listNext(db, tenant, filter, page, hasPeriod ? WINDOW : page.limit);
  const rows = !hasPeriod || next.length === page.limit ? next : await listPeriod(db, tenant, filter, page);
  return rows.map(toTransaction);
}

/** What of the next `window` rows lies in the period. */
async function listNext(
  db: Queryable,
  tenant: Tenant,
  filter: TransactionFilter,
  page: Page,
  window: number,
): Promise<Row[]> {
  const { rows } = await db.query<Row>({
    name: 'list-transactions',
    text: `select * from (
             select ${COLUMNS} from transactions where ${OF_ACCOUNT} order by version desc limit $7
           ) as next
           where occurred_at >= $4::timestamptz and occurred_at < $5::timestamptz
           order by version desc
           limit $6`,
    values: [...place(tenant, filter, page), window],
  });
  return rows;
}

/** Materialized: the planner would rather walk all versions, as it cannot know that time grows with them. */
async function listPeriod(
  db: Queryable,
  tenant: Tenant,
  filter: TransactionFilter,
  page: Page,
): Promise<Row[]> {
  const { rows } = await db.query<Row>({
    name: 'list-transactions-of-period',
    text: `with period as materialized (
             select version from transactions
             where ${OF_ACCOUNT} and occurred_at >= $4::timestamptz and occurred_at < $5::timestamptz
           ), newest as materialized (
             select array(select version from period order by version desc limit $6) as versions
           )
           select ${COLUMNS} from transactions
           where ${OF_ACCOUNT} and version = any((select versions from newest)::int[])
           order by version desc`,
    values: place(tenant, filter, page),
  });
  return rows;
}

function place(tenant: Tenant, filter: TransactionFilter, page: Page): unknown[] {
  const { accountId, from, to } = filter;
  return [tenant, accountId, page.before ?? NEWEST, from ?? '-infinity', to ?? 'infinity', page.limit];
}

export function toTransaction(row: Row): ReadTransaction {
  return {
    transactionId: row.transaction_id,
    accountId: row.account_id,
    type: row.type,
    amountMinor: row.amount_minor,
    currency: row.currency,
    openingBalanceMinor: row.opening_balance_minor,
    closingBalanceMinor: row.closing_balance_minor,
    transferId: row.transfer_id,
    counterpartyId: row.counterparty_id,
    description: row.description,
    metadata: row.metadata,
    version: row.version,
    occurredAt: row.occurred_at,
  };
}
