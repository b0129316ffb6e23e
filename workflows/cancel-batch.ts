import type { BatchCancellation } from '../activities/cancel-batch.ts';
import { runStep } from './steps.ts';

/** Cancels what a batch has not begun. Retries an outage without end: an accepted command is never given up. */
export function cancelBatch(cancellation: BatchCancellation) {
  return runStep('cancelBatch', cancellation, 'cancel what the batch has not begun', null);
}
