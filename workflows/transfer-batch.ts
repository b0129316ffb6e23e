import { CancellationScope, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { BatchCounts, BatchOf } from '../domain/batch.ts';
import type { Tenant } from '../domain/ids.ts';
import { rangeSaga } from './saga.ts';
import { runStep } from './steps.ts';
import { SAGA_DEADLINE_MS } from './timeouts.ts';

/** Items of a range where its size is not told: by a batch that began before it could be. */
const FIRST_RANGE_SIZE = 500;
/** Items of one run, so that its history stays short: a worker that takes over replays it all. */
const ITEMS_PER_RUN = 5_000;

export type TransferBatchInput = BatchOf & {
  readonly tenant: Tenant;
  /** How many items it has; they are rows. */
  readonly total: number;
  /** Items of a range: each step of it is one activity, which must end well within one attempt. */
  readonly rangeSize?: number;
  /** How long debit and credit of a range may stay undecided before it is compensated; absent: the default. */
  readonly deadlineMs?: number;
  /** Where an earlier run left off. */
  readonly from?: number;
};

/**
 * Moves money for the items of a batch, range by range; each range is a saga as any other list, and each item has its
 * own outcome. The batch ends when each item has ended or waits in a workflow of its own. Returns its counts then.
 */
export async function transferBatch(input: TransferBatchInput): Promise<BatchCounts> {
  const { tenant, batchId, commandId, actor, total } = input;
  const batch: BatchOf = { batchId, commandId, actor };
  const deadlineMs = input.deadlineMs ?? SAGA_DEADLINE_MS;
  const first = input.from ?? 0;
  const rangeSize = input.rangeSize ?? FIRST_RANGE_SIZE;
  // One after the other: local activities that run beside each other are recorded in the order of their start, so
  // that a replay could not tell which of two ranges went on first. Chunks run side by side within an activity.
  for (let from = first; from < total; from += rangeSize) {
    if (isRunLong(from - first)) return continueAsNew<typeof transferBatch>({ ...input, from });
    const to = Math.min(from + rangeSize, total);
    await rangeSaga({ tenant, batch, from, to }, deadlineMs);
  }
  return CancellationScope.nonCancellable(() =>
    runStep('finishBatch', { tenant, batch }, 'end the batch', null),
  );
}

/** A run that was cancelled goes on to the end, compensating what it did not begin: a new one would not know of it. */
function isRunLong(items: number): boolean {
  if (CancellationScope.current().consideredCancelled) return false;
  return items >= ITEMS_PER_RUN || workflowInfo().continueAsNewSuggested;
}
