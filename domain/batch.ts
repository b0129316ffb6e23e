import type { CommandId } from './ids.ts';
import { isFinal, type TransferStatus } from './transfer.ts';

/** A batch, its command, and whose wish it is. */
export type BatchOf = {
  readonly batchId: string;
  readonly commandId: CommandId;
  readonly actor: string;
};

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
