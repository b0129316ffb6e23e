import type { Metadata } from '../../domain/events.ts';
import type { Queryable } from '../../platform/postgres.ts';

export type TransactionType =
  | 'deposit'
  | 'withdrawal'
  | 'transfer_debit'
  | 'transfer_credit'
  | 'transfer_refund';

/** One money event of an account, with the balance before and after it. The amount is signed. */
export type TransactionRow = {
  readonly tenant: string;
  readonly accountId: string;
  readonly version: number;
  readonly transactionId: string;
  readonly type: TransactionType;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly openingBalanceMinor: bigint;
  readonly closingBalanceMinor: bigint;
  readonly transferId: string | null;
  readonly counterpartyId: string | null;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly position: bigint;
  readonly occurredAt: string;
};

/** Writes transactions; a row that is there already (altered, perhaps) becomes what its event says. */
export async function upsertTransactions(
  db: Queryable,
  generation: number,
  rows: readonly TransactionRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.query({
    name: 'upsert-transactions',
    text: `insert into transactions (generation, tenant, account_id, version, transaction_id, type, amount_minor,
             currency, opening_balance_minor, closing_balance_minor, transfer_id, counterparty_id, description,
             metadata, position, occurred_at)
           select $1, u.*
           from unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bigint[], $8::text[],
             $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::jsonb[], $15::bigint[],
             $16::timestamptz[]) as u (tenant, account_id, version)
           order by u.tenant collate "C", u.account_id collate "C", u.version
           on conflict (generation, tenant, account_id, version) do update
             set transaction_id = excluded.transaction_id, type = excluded.type,
               amount_minor = excluded.amount_minor, currency = excluded.currency,
               opening_balance_minor = excluded.opening_balance_minor,
               closing_balance_minor = excluded.closing_balance_minor, transfer_id = excluded.transfer_id,
               counterparty_id = excluded.counterparty_id, description = excluded.description,
               metadata = excluded.metadata, position = excluded.position, occurred_at = excluded.occurred_at`,
    values: [
      generation,
      rows.map((row) => row.tenant),
      rows.map((row) => row.accountId),
      rows.map((row) => row.version),
      rows.map((row) => row.transactionId),
      rows.map((row) => row.type),
      rows.map((row) => row.amountMinor),
      rows.map((row) => row.currency),
      rows.map((row) => row.openingBalanceMinor),
      rows.map((row) => row.closingBalanceMinor),
      rows.map((row) => row.transferId),
      rows.map((row) => row.counterpartyId),
      rows.map((row) => row.description),
      rows.map((row) => JSON.stringify(row.metadata)),
      rows.map((row) => row.position),
      rows.map((row) => row.occurredAt),
    ],
  });
}
