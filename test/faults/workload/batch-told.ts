import { z } from 'zod';

const count = z.int().min(0);
const batchAnswer = z.object({
  status: z.string(),
  counts: z.object({
    ...{ total: count, completed: count, rejected: count, refunded: count },
    ...{ cancelled: count, needsAttention: count, pending: count },
  }),
});

/** What Remit says of a batch: to whoever asked for it, and to GET. */
export type BatchTold = z.infer<typeof batchAnswer>;

/** Reads what an answer says of a batch. Throws where it says something else. */
export function readBatchTold(body: unknown): BatchTold {
  return batchAnswer.parse(body);
}
