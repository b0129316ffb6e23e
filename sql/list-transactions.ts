import type { Metadata } from '../domain/events.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { TransactionType } from './projections/transactions.ts';

/** One change of an account's balance in the read table. The amount is signed. */
export type ReadTransaction = {
  readonly transactionId: string;
  readonly accountId: string;
  readonly type: TransactionType;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly openingBalanceMinor: bigint;
  readonly closingBalanceMinor: bigint;
  readonly transferId: string | null;
  readonly counterpartyId: string | null;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly version: number;
  readonly occurredAt: string;
};

export type TransactionFilter = {
  readonly accountId: string;
  /** ISO 8601; the first instant that counts. */
  readonly from: string | null;
  /** ISO 8601; the first instant that no longer counts. */
  readonly to: string | null;
};

type Row = {
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

/** A page of an account's transactions, newest first; `before` is the last version of the page before. */
export async function listTransactions(
  db: Queryable,
  tenant: Tenant,
  filter: TransactionFilter,
  page: { limit: number; before: number | null },
): Promise<ReadTransaction[]> {
  const { rows } = await db.query<Row>({
    name: 'list-transactions',
    text: `select transaction_id, account_id, type, amount_minor, currency, opening_balance_minor,
             closing_balance_minor, transfer_id, counterparty_id, description, metadata, version, occurred_at
           from transactions
           where generation = (select live_generation from projections where name = 'transactions')
             and tenant = $1
             and account_id = $2
             and ($3::timestamptz is null or occurred_at >= $3)
             and ($4::timestamptz is null or occurred_at < $4)
             and ($5::int is null or version < $5)
           order by version desc
           limit $6`,
    values: [tenant, filter.accountId, filter.from, filter.to, page.before, page.limit],
  });
  return rows.map(toTransaction);
}

function toTransaction(row: Row): ReadTransaction {
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
