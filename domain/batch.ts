import type { CommandId, Tenant } from './ids.ts';
import type { Refusal } from './refusals.ts';
import type { LegResult, RefundResult } from './saga.ts';
import { isFinal, type TransferStatus } from './transfer.ts';

/** A batch, its command, and whose wish it is. */
export type BatchOf = {
  readonly batchId: string;
  readonly commandId: CommandId;
  readonly actor: string;
};

/**
 * Items of a batch by their numbers, `from` up to but without `to`. Activities read the items themselves: a
 * workflow that carried thousands would outgrow what Temporal takes.
 */
export type BatchRange = {
  readonly tenant: Tenant;
  readonly batch: BatchOf;
  readonly from: number;
  readonly to: number;
};

/** A range to compensate: why its items did not go through, and which of them could not be processed. */
export type RefundRange = BatchRange & { readonly reason: Refusal; readonly failed: readonly string[] };

/** What a debit or credit came to, as numbers of items, and the ids of those that could not be processed. */
export type RangeResult = {
  readonly counts: Readonly<Partial<Record<LegResult['result'], number>>>;
  readonly failed: readonly string[];
};

/** What a compensation came to, as numbers of items. */
export type RangeRefunds = Readonly<Partial<Record<RefundResult['status'], number>>>;

/** How far a batch is, as numbers of items; `pending` are those that have not ended. */
export type BatchCounts = {
  readonly total: number;
  readonly completed: number;
  readonly rejected: number;
  readonly refunded: number;
  readonly cancelled: number;
  readonly needsAttention: number;
  readonly pending: number;
};

/** Counts a batch from how many of its items have each status; those that are missing have not begun. */
export function batchCounts(total: number, byStatus: ReadonlyMap<TransferStatus, number>): BatchCounts {
  const count = (status: TransferStatus) => byStatus.get(status) ?? 0;
  const final = [...byStatus.keys()].filter(isFinal).reduce((sum, status) => sum + count(status), 0);
  return {
    total,
    completed: count('completed'),
    rejected: count('rejected'),
    refunded: count('refunded'),
    cancelled: count('cancelled'),
    needsAttention: count('needs_attention'),
    pending: total - final,
  };
}

/** Counts things by a name that each has. */
export function tally<Name extends string>(names: readonly Name[]): Partial<Record<Name, number>> {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
