import type { BatchOf } from '../domain/batch.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import { cancelBatch } from '../sql/end-batch.ts';
import type { ActivityDeps } from './deps.ts';

/** Whose wish it is (the command that cancels), and why. */
export type BatchCancellation = { readonly tenant: Tenant; readonly batch: BatchOf; readonly reason: string };

/**
 * Cancels what a batch has not begun; what has begun ends as it ends. Refuses (`batch-final`) where all has ended.
 * Acts once. Throws for outages.
 */
export function createCancelBatch({ pool, now }: ActivityDeps) {
  return async (
    cancellation: BatchCancellation,
  ): Promise<{ result: 'done' | 'refused'; refusal: Refusal | null }> => {
    const outcome = await cancelBatch(pool, { ...cancellation, at: now().toISOString() });
    return { result: outcome.result === 'done' ? 'done' : 'refused', refusal: outcome.refusal };
  };
}
