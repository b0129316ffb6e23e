import type { TransferTerms } from '../../domain/events.ts';
import type { Refusal } from '../../domain/refusals.ts';
import type { Queryable } from '../../platform/postgres.ts';

/** What one or more events tell about a transfer; null is what they say nothing about. */
export type TransferRow = {
  readonly tenant: string;
  readonly terms: TransferTerms;
  readonly debitVersion: number | null;
  readonly debitAt: string | null;
  readonly creditVersion: number | null;
  readonly creditAt: string | null;
  readonly refundVersion: number | null;
  readonly refundAt: string | null;
  readonly rejectedAt: string | null;
  readonly cancelledAt: string | null;
  readonly parkedAt: string | null;
  readonly refusal: Refusal | null;
  readonly firstPosition: bigint;
};

/** Merges into transfers' rows, at most one row a transfer: each sets the columns that it knows, in any order. */
export async function mergeTransfers(
  db: Queryable,
  generation: number,
  rows: readonly TransferRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.query({
    name: 'merge-transfers',
    text: `insert into transfers as t (generation, tenant, transfer_id, from_account_id, to_account_id, amount_minor,
             currency, description, reference, metadata, debit_version, debit_at, credit_version, credit_at,
             refund_version, refund_at, rejected_at, cancelled_at, parked_at, refusal, first_position)
           select $1, u.*
           from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
             $9::text[], $10::jsonb[], $11::int[], $12::timestamptz[], $13::int[], $14::timestamptz[],
             $15::int[], $16::timestamptz[], $17::timestamptz[], $18::timestamptz[], $19::timestamptz[],
             $20::jsonb[], $21::bigint[]) as u (tenant, transfer_id)
           order by u.tenant collate "C", u.transfer_id collate "C"
           on conflict (generation, tenant, transfer_id) do update
             set debit_version = coalesce(excluded.debit_version, t.debit_version),
               debit_at = coalesce(excluded.debit_at, t.debit_at),
               credit_version = coalesce(excluded.credit_version, t.credit_version),
               credit_at = coalesce(excluded.credit_at, t.credit_at),
               refund_version = coalesce(excluded.refund_version, t.refund_version),
               refund_at = coalesce(excluded.refund_at, t.refund_at),
               rejected_at = coalesce(excluded.rejected_at, t.rejected_at),
               cancelled_at = coalesce(excluded.cancelled_at, t.cancelled_at),
               parked_at = coalesce(excluded.parked_at, t.parked_at),
               -- The last refusal stands (a park follows a refused credit), whichever arrives first.
               refusal = case when excluded.refund_at is not null or excluded.parked_at is not null
                 then excluded.refusal else coalesce(t.refusal, excluded.refusal) end,
               first_position = least(t.first_position, excluded.first_position)`,
    values: [
      generation,
      rows.map((row) => row.tenant),
      rows.map((row) => row.terms.transferId),
      rows.map((row) => row.terms.from),
      rows.map((row) => row.terms.to),
      rows.map((row) => row.terms.amountMinor),
      rows.map((row) => row.terms.currency),
      rows.map((row) => row.terms.description),
      rows.map((row) => row.terms.reference),
      rows.map((row) => JSON.stringify(row.terms.metadata)),
      rows.map((row) => row.debitVersion),
      rows.map((row) => row.debitAt),
      rows.map((row) => row.creditVersion),
      rows.map((row) => row.creditAt),
      rows.map((row) => row.refundVersion),
      rows.map((row) => row.refundAt),
      rows.map((row) => row.rejectedAt),
      rows.map((row) => row.cancelledAt),
      rows.map((row) => row.parkedAt),
      rows.map((row) => (row.refusal === null ? null : JSON.stringify(row.refusal))),
      rows.map((row) => row.firstPosition),
    ],
  });
}
