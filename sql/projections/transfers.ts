import type { TransferTerms } from '../../domain/events.ts';
import type { Refusal } from '../../domain/refusals.ts';
import type { Queryable } from '../../platform/postgres.ts';

/** What happened to a transfer, each from one event of it: where it stands, and when. */
export type TransferFacts = {
  readonly executeAt: string;
  readonly approvalRequestedAt: string;
  readonly approvalExpiresAt: string;
  readonly approvalThresholdMinor: bigint;
  readonly approvedAt: string;
  readonly debitVersion: number;
  readonly debitAt: string;
  readonly creditVersion: number;
  readonly creditAt: string;
  readonly refundVersion: number;
  readonly refundAt: string;
  readonly settleAccountId: string;
  readonly settleVersion: number;
  readonly settleAt: string;
  readonly rejectedAt: string;
  readonly cancelledAt: string;
  readonly parkedAt: string;
};

/** The sum of a transfer's reversals, as of a version of its own stream: the newest says it all. */
export type Reversed = { readonly minor: bigint; readonly version: number };

/** What one or more events tell about a transfer; a fact that is not there is what they say nothing about. */
export type TransferRow = {
  readonly tenant: string;
  readonly terms: TransferTerms;
  readonly facts: Partial<TransferFacts>;
  readonly refusal: Refusal | null;
  readonly reversed: Reversed;
  readonly firstPosition: bigint;
};

type Column = readonly [name: string, type: string, value: (row: TransferRow) => unknown];

const KEY: readonly Column[] = [
  ['tenant', 'text', (row) => row.tenant],
  ['transfer_id', 'text', (row) => row.terms.transferId],
];
/** The same in each of a transfer's events. */
const TERMS: readonly Column[] = [
  ['from_account_id', 'text', (row) => row.terms.from],
  ['to_account_id', 'text', (row) => row.terms.to],
  ['amount_minor', 'bigint', (row) => row.terms.amountMinor],
  ['currency', 'text', (row) => row.terms.currency],
  ['fee_minor', 'bigint', (row) => row.terms.feeMinor],
  ['credit_minor', 'bigint', (row) => row.terms.creditMinor],
  ['credit_currency', 'text', (row) => row.terms.creditCurrency],
  ['quote_id', 'text', (row) => row.terms.quoteId],
  ['rate', 'text', (row) => row.terms.rate],
  ['reverses', 'text', (row) => row.terms.reverses],
  ['hold_id', 'text', (row) => row.terms.holdId],
  ['description', 'text', (row) => row.terms.description],
  ['reference', 'text', (row) => row.terms.reference],
  ['metadata', 'jsonb', (row) => JSON.stringify(row.terms.metadata)],
];
const FACTS: readonly Column[] = [
  ['execute_at', 'timestamptz', ({ facts }) => facts.executeAt],
  ['approval_requested_at', 'timestamptz', ({ facts }) => facts.approvalRequestedAt],
  ['approval_expires_at', 'timestamptz', ({ facts }) => facts.approvalExpiresAt],
  ['approval_threshold_minor', 'bigint', ({ facts }) => facts.approvalThresholdMinor],
  ['approved_at', 'timestamptz', ({ facts }) => facts.approvedAt],
  ['debit_version', 'int', ({ facts }) => facts.debitVersion],
  ['debit_at', 'timestamptz', ({ facts }) => facts.debitAt],
  ['credit_version', 'int', ({ facts }) => facts.creditVersion],
  ['credit_at', 'timestamptz', ({ facts }) => facts.creditAt],
  ['refund_version', 'int', ({ facts }) => facts.refundVersion],
  ['refund_at', 'timestamptz', ({ facts }) => facts.refundAt],
  ['settle_account_id', 'text', ({ facts }) => facts.settleAccountId],
  ['settle_version', 'int', ({ facts }) => facts.settleVersion],
  ['settle_at', 'timestamptz', ({ facts }) => facts.settleAt],
  ['rejected_at', 'timestamptz', ({ facts }) => facts.rejectedAt],
  ['cancelled_at', 'timestamptz', ({ facts }) => facts.cancelledAt],
  ['parked_at', 'timestamptz', ({ facts }) => facts.parkedAt],
];
const MERGED: readonly Column[] = [
  ['refusal', 'jsonb', ({ refusal }) => refusal && JSON.stringify(refusal)],
  ['reversed_minor', 'bigint', ({ reversed }) => reversed.minor],
  ['reversed_version', 'int', ({ reversed }) => reversed.version],
  ['first_position', 'bigint', (row) => row.firstPosition],
];
/** Every column of a row, and what it must hold. */
export const COLUMNS = [...KEY, ...TERMS, ...FACTS, ...MERGED];

/** As in the projector's memory: the refusal of the ending stands, whichever arrives first. */
const ending = (row: 't' | 'excluded') =>
  `case when ${row}.settle_at is not null or ${row}.refund_at is not null then 2
     when ${row}.parked_at is not null then 1 else 0 end`;

const MERGE = `
  insert into transfers as t (generation, ${COLUMNS.map(([name]) => name).join(', ')})
  select $1, u.*
  from unnest(${COLUMNS.map(([, type], at) => `$${at + 2}::${type}[]`).join(', ')}) as u (tenant, transfer_id)
  order by u.tenant collate "C", u.transfer_id collate "C"
  on conflict (generation, tenant, transfer_id) do update
    set ${FACTS.map(([name]) => `${name} = coalesce(excluded.${name}, t.${name})`).join(', ')},
      refusal = case
        when ${ending('excluded')} > ${ending('t')} then excluded.refusal
        when ${ending('excluded')} < ${ending('t')} then t.refusal
        else coalesce(t.refusal, excluded.refusal) end,
      reversed_minor = case when excluded.reversed_version > t.reversed_version
        then excluded.reversed_minor else t.reversed_minor end,
      reversed_version = greatest(excluded.reversed_version, t.reversed_version),
      first_position = least(excluded.first_position, t.first_position)`;

/** Merges into transfers' rows, at most one row a transfer: each sets the columns that it knows, in any order. */
export async function mergeTransfers(
  db: Queryable,
  generation: number,
  rows: readonly TransferRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const values = COLUMNS.map(([, , value]) => rows.map((row) => value(row) ?? null));
  await db.query({ name: 'merge-transfers', text: MERGE, values: [generation, ...values] });
}
