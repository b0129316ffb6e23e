import { z } from '@hono/zod-openapi';
import { formatAmount } from '../../domain/money.ts';
import { TRANSFER_STATUSES } from '../../domain/transfer.ts';
import type { Batch } from '../../sql/batches.ts';
import type { BatchItem } from '../../sql/list-batch-items.ts';
import { amountAnswer, timeAnswer } from '../border/fields.ts';
import { refusalSchema } from './refusal.ts';

const count = z.int().min(0);

export const batchSchema = z
  .strictObject({
    id: z.string().openapi({ example: 'salaries-2026-08' }),
    status: z.enum(['running', 'completed', 'cancelled']).openapi({
      description:
        'completed: every transfer has ended, each in its own way; cancelled: and some were cancelled with the batch',
    }),
    counts: z.strictObject({
      total: count.openapi({ example: 10_000 }),
      completed: count.openapi({ example: 9_500 }),
      rejected: count.openapi({ example: 300 }),
      refunded: count.openapi({ example: 200 }),
      cancelled: count.openapi({ example: 0 }),
      needsAttention: count.openapi({ example: 0 }),
      pending: count.openapi({ example: 0, description: 'Not ended yet' }),
    }),
    startedAt: timeAnswer,
    finishedAt: timeAnswer.nullable(),
  })
  .openapi('TransferBatch');

export type BatchView = z.infer<typeof batchSchema>;

/** A batch as the contract shows it; its state is counted from its transfers. */
export function batchView({ batchId, counts, createdAt, ...batch }: Batch): BatchView {
  const { total, completed, rejected, refunded, cancelled, needsAttention, pending } = counts;
  const running = pending > 0 || !batch.ended;
  // A cancellation that came too late for every item has changed nothing.
  const hasStopped = batch.cancelledAt !== null && cancelled > 0;
  return {
    id: batchId,
    status: running ? 'running' : hasStopped ? 'cancelled' : 'completed',
    counts: { total, completed, rejected, refunded, cancelled, needsAttention, pending },
    startedAt: createdAt,
    finishedAt: running ? null : batch.lastEndAt,
  };
}

export const batchItemSchema = z
  .strictObject({
    itemNo: z.int().min(0).openapi({ example: 17, description: 'Its place in the request, from 0' }),
    transfer: z
      .string()
      .openapi({ example: 'salary-17', description: 'Id of the transfer: GET /api/transfers/:id' }),
    from: z.string().openapi({ example: 'alice' }),
    to: z.string().openapi({ example: 'bob' }),
    amount: amountAnswer,
    currency: z.string().openapi({ example: 'EUR' }),
    status: z.enum(TRANSFER_STATUSES),
    refusal: refusalSchema.nullable(),
  })
  .openapi('TransferBatchItem');

/** An item of a batch as the contract shows it. */
export function batchItemView(item: BatchItem): z.infer<typeof batchItemSchema> {
  return {
    itemNo: item.itemNo,
    transfer: item.transferId,
    from: item.from,
    to: item.to,
    amount: formatAmount(item.amountMinor, item.currency),
    currency: item.currency,
    status: item.status,
    refusal: item.refusal,
  };
}
