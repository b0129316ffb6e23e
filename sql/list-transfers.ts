import type { Metadata } from '../domain/events.ts';
import type { AccountId, Tenant, TransferId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { LegRecord, TransferStatus } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';

/** A transfer in the read table. */
export type ReadTransfer = {
  readonly transferId: TransferId;
  readonly from: AccountId;
  readonly to: AccountId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly status: TransferStatus;
  readonly refusal: Refusal | null;
  readonly legs: readonly LegRecord[];
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
  readonly firstPosition: bigint;
};

export type TransferFilter = {
  readonly status: TransferStatus | null;
  /** On either side. */
  readonly accountId: string | null;
};

type Row = {
  transfer_id: TransferId;
  from_account_id: AccountId;
  to_account_id: AccountId;
  amount_minor: bigint;
  currency: string;
  status: TransferStatus;
  refusal: Refusal | null;
  description: string | null;
  reference: string | null;
  metadata: Metadata;
  first_position: bigint;
  debit_version: number | null;
  debit_at: string | null;
  credit_version: number | null;
  credit_at: string | null;
  refund_version: number | null;
  refund_at: string | null;
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
  const { rows } = await db.query<Row>(
    filter.accountId === null
      ? listAll(common, filter.status)
      : listOf(common, filter.status, filter.accountId),
  );
  return rows.map(toTransfer);
}

/** Each set of filters is a statement of its own, so that each has an index whose order is the page's. */
function listAll(common: readonly unknown[], status: TransferStatus | null) {
  if (status === null) return { name: 'list-transfers', text: newest(''), values: [...common] };
  return {
    name: 'list-transfers-by-status',
    text: newest('and status = $4'),
    values: [...common, status],
  };
}

/** Either side has its own index, so each gives a page; a transfer to itself counts with its source. */
function listOf(common: readonly unknown[], status: TransferStatus | null, accountId: string) {
  const withStatus = status === null ? '' : 'and status = $5';
  return {
    name: `list-transfers-of-account${status === null ? '' : '-by-status'}`,
    text: `select * from (
             (${newest(`and from_account_id = $4 ${withStatus}`)})
             union all
             (${newest(`and to_account_id = $4 and from_account_id <> $4 ${withStatus}`)})
           ) as sides
           order by first_position desc, transfer_id
           limit $3`,
    values: [...common, accountId, ...(status === null ? [] : [status])],
  };
}

function newest(condition: string): string {
  return `select transfer_id, from_account_id, to_account_id, amount_minor, currency, status, refusal, description,
            reference, metadata, first_position, debit_version, debit_at, credit_version, credit_at, refund_version,
            refund_at
          from transfers
          where generation = (select live_generation from projections where name = 'transfers')
            and tenant = $1 and first_position < $2 ${condition}
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
    status: row.status,
    refusal: row.refusal,
    legs: [
      ...leg('debit', row.from_account_id, row.debit_version, row.debit_at),
      ...leg('credit', row.to_account_id, row.credit_version, row.credit_at),
      ...leg('refund', row.from_account_id, row.refund_version, row.refund_at),
    ],
    description: row.description,
    reference: row.reference,
    metadata: row.metadata,
    firstPosition: row.first_position,
  };
}

function leg(
  name: LegRecord['leg'],
  accountId: AccountId,
  version: number | null,
  occurredAt: string | null,
): LegRecord[] {
  return version === null || occurredAt === null ? [] : [{ leg: name, accountId, version, occurredAt }];
}
