import { z } from 'zod';
import type { Queryable } from '../platform/postgres.ts';
import type { Batch } from './batches.ts';
import type { Command } from './commands.ts';
import { outcomeName, readOutcomes } from './outcomes.ts';

const count = z.int().min(0);
const batchSchema: z.ZodType<Batch> = z.strictObject({
  batchId: z.string(),
  commandId: z.string(),
  counts: z.strictObject({
    total: count,
    completed: count,
    rejected: count,
    refunded: count,
    cancelled: count,
    needsAttention: count,
    pending: count,
  }),
  createdAt: z.string(),
  cancelledAt: z.string().nullable(),
  ended: z.boolean(),
  lastEndAt: z.string().nullable(),
});

/**
 * The batch as it was when a completed command cancelled it: what the command is answered with, for ever the same.
 * Throws where the row is not what Remit writes.
 */
export async function readCancelled(db: Queryable, { tenant, commandId }: Command): Promise<Batch> {
  const key = { subjectId: commandId, leg: 'command' as const };
  const outcome = (await readOutcomes(db, tenant, [key])).get(outcomeName(key));
  return batchSchema.parse(outcome?.detail);
}
