import { CancellationScope, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { BatchCounts, BatchOf } from '../domain/batch.ts';
import type { Tenant } from '../domain/ids.ts';
import { rangeSaga } from './saga.ts';
import { runStep } from './steps.ts';
import { SAGA_DEADLINE_MS } from './timeouts.ts';

/** Items of a chunk: each step of it is one transaction, which must end well within one attempt. */
const CHUNK_SIZE = 500;
/** Chunks of one run, so that its history stays short: a worker that takes over replays it all. */
const CHUNKS_PER_RUN = 10;

export type TransferBatchInput = BatchOf & {
  readonly tenant: Tenant;
  /** How many items it has; they are rows. */
  readonly total: number;
  /** How long debit and credit of a chunk may stay undecided before it is compensated; absent: the default. */
  readonly deadlineMs?: number;
  /** Where an earlier run left off. */
  readonly from?: number;
};

/**
 * Moves money for the items of a batch, chunk by chunk; each chunk is a saga as any other list, and each item has its
 * own outcome. The batch ends when each item has ended or waits in a workflow of its own. Returns its counts then.
 */
export async function transferBatch(input: TransferBatchInput): Promise<BatchCounts> {
  const { tenant, batchId, commandId, actor, total } = input;
  const batch: BatchOf = { batchId, commandId, actor };
  const deadlineMs = input.deadlineMs ?? SAGA_DEADLINE_MS;
  const first = input.from ?? 0;
  // One after the other: local activities that run beside each other are recorded in the order of their start, so
  // that a replay could not tell which of two chunks went on first.
  for (let from = first; from < total; from += CHUNK_SIZE) {
    if (isRunLong(from - first)) return continueAsNew<typeof transferBatch>({ ...input, from });
    const to = Math.min(from + CHUNK_SIZE, total);
    await rangeSaga({ tenant, batch, from, to }, deadlineMs);
  }
  return CancellationScope.nonCancellable(() =>
    runStep('finishBatch', { tenant, batch }, 'end the batch', null),
  );
}

/** A run that was cancelled goes on to the end, compensating what it did not begin: a new one would not know of it. */
function isRunLong(items: number): boolean {
  if (CancellationScope.current().consideredCancelled) return false;
  return items >= CHUNKS_PER_RUN * CHUNK_SIZE || workflowInfo().continueAsNewSuggested;
}
