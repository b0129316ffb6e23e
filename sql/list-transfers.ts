import type { Metadata } from '../domain/events.ts';
import type { AccountId, HoldId, Tenant, TransferId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { LegRecord, Transfer, TransferStatus } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';

/** A transfer in the read table. */
export type ReadTransfer = Transfer & { readonly firstPosition: bigint };

/** Null takes every transfer. */
export type TransferFilter = {
  readonly status: TransferStatus | null;
  /** On either side. */
  readonly accountId: string | null;
  /** The payer's own, whole. */
  readonly reference?: string | null;
};

type Row = {
  transfer_id: TransferId;
  from_account_id: AccountId;
  to_account_id: AccountId;
  amount_minor: bigint;
  currency: string;
  fee_minor: bigint;
  credit_minor: bigint;
  credit_currency: string;
  quote_id: string | null;
  rate: string | null;
  reverses: TransferId | null;
  hold_id: HoldId | null;
  status: TransferStatus;
  refusal: Refusal | null;
  description: string | null;
  reference: string | null;
  metadata: Metadata;
  first_position: bigint;
  execute_at: string | null;
  approval_expires_at: string | null;
  approval_threshold_minor: bigint | null;
  approved_at: string | null;
  debit_version: number | null;
  debit_at: string | null;
  credit_version: number | null;
  credit_at: string | null;
  refund_version: number | null;
  refund_at: string | null;
  settle_account_id: AccountId | null;
  settle_version: number | null;
  settle_at: string | null;
  rejected_at: string | null;
  cancelled_at: string | null;
  parked_at: string | null;
  reversed_minor: bigint;
};

/** Beyond every position: where the first page begins. */
const NEWEST = 9_223_372_036_854_775_807n;

/** A page of the transfers, newest first; `before` is the position where the page before ended. */
export async function listTransfers(
  db: Queryable,
  tenant: Tenant,
  filter: TransferFilter,
  page: { limit: number; before: bigint | null },
): Promise<ReadTransfer[]> {
  const common = [tenant, page.before ?? NEWEST, page.limit];
  const { rows } = await db.query<Row>(statementOf(common, filter));
  return rows.map(toTransfer);
}

/** Each set of filters is a statement of its own, so that each has an index whose order is the page's. */
function statementOf(common: readonly unknown[], filter: TransferFilter) {
  const { status, accountId, reference = null } = filter;
  const values = [...common];
  const equals = (column: string, value: string) => `and ${column} = $${values.push(value)}`;
  const conditions = [
    ...(reference === null ? [] : [equals('reference', reference)]),
    ...(status === null ? [] : [equals('status', status)]),
  ];
  const names = [
    ...(reference === null ? [] : ['reference']),
    ...(status === null ? [] : ['status']),
    ...(accountId === null ? [] : ['account']),
  ];
  const name = ['list-transfers', ...names].join('-');
  if (accountId === null) return { name, text: newest(conditions), values };
  return { name, text: ofAccount(conditions, `$${values.push(accountId)}`), values };
}

/** Either side has its own index, so each gives a page; a transfer to itself counts with its source. */
function ofAccount(conditions: readonly string[], account: string): string {
  return `select * from (
            (${newest([`and from_account_id = ${account}`, ...conditions])})
            union all
            (${newest([`and to_account_id = ${account} and from_account_id <> ${account}`, ...conditions])})
          ) as sides
          order by first_position desc, transfer_id
          limit $3`;
}

function newest(conditions: readonly string[]): string {
  return `select transfer_id, from_account_id, to_account_id, amount_minor, currency, fee_minor, credit_minor,
            credit_currency, quote_id, rate, reverses, hold_id, status, refusal, description, reference, metadata,
            first_position, execute_at, approval_expires_at, approval_threshold_minor, approved_at, debit_version,
            debit_at, credit_version, credit_at, refund_version, refund_at, settle_account_id, settle_version,
            settle_at, rejected_at, cancelled_at, parked_at, reversed_minor
          from transfers
          where generation = (select live_generation from projections where name = 'transfers')
            and tenant = $1 and first_position < $2 ${conditions.join(' ')}
          order by first_position desc, transfer_id
          limit $3`;
}

function toTransfer(row: Row): ReadTransfer {
  return {
    transferId: row.transfer_id,
    from: row.from_account_id,
    to: row.to_account_id,
    amountMinor: row.amount_minor,
    currency: row.currency,
    feeMinor: row.fee_minor,
    creditMinor: row.credit_minor,
    creditCurrency: row.credit_currency,
    quoteId: row.quote_id,
    rate: row.rate,
    reverses: row.reverses,
    holdId: row.hold_id,
    description: row.description,
    reference: row.reference,
    metadata: row.metadata,
    status: row.status,
    refusal: row.refusal,
    reversedMinor: row.reversed_minor,
    executeAt: row.execute_at,
    approval: approvalOf(row),
    legs: legsOf(row),
    finishedAt: finishedAt(row),
    firstPosition: row.first_position,
  };
}

function approvalOf(row: Row): Transfer['approval'] {
  const { approval_threshold_minor: thresholdMinor, approval_expires_at: expiresAt } = row;
  if (thresholdMinor === null || expiresAt === null) return null;
  return { thresholdMinor, expiresAt, approved: row.approved_at !== null };
}

function legsOf(row: Row): LegRecord[] {
  return [
    ...leg('debit', row.from_account_id, row.debit_version, row.debit_at),
    ...leg('credit', row.to_account_id, row.credit_version, row.credit_at),
    ...leg('refund', row.from_account_id, row.refund_version, row.refund_at),
    ...leg('settle', row.settle_account_id, row.settle_version, row.settle_at),
  ];
}

function leg(
  name: LegRecord['leg'],
  accountId: AccountId | null,
  version: number | null,
  occurredAt: string | null,
): LegRecord[] {
  if (accountId === null || version === null || occurredAt === null) return [];
  return [{ leg: name, accountId, version, occurredAt }];
}

/** In the order in which the status is found: a settled transfer was parked before. */
function finishedAt(row: Row): string | null {
  const { credit_at, refund_at, settle_at, parked_at, cancelled_at, rejected_at } = row;
  return credit_at ?? refund_at ?? settle_at ?? parked_at ?? cancelled_at ?? rejected_at;
}
