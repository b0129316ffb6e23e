import { CancellationScope, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { BatchCounts, BatchOf } from '../domain/batch.ts';
import type { Tenant } from '../domain/ids.ts';
import { rangeSaga } from './saga.ts';
import { runStep } from './steps.ts';
import { SAGA_DEADLINE_MS } from './timeouts.ts';

/** Items of a chunk: each step of it is one transaction, which must end well within one attempt. */
const CHUNK_SIZE = 500;
/** Chunks under way at once: while one waits for Postgres, another decides. */
const PARALLEL_CHUNKS = 2;
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
  let next = first;
  const runChunks = async () => {
    while (next < total && !isRunLong(next - first)) {
      const from = next;
      next = Math.min(from + CHUNK_SIZE, total);
      await rangeSaga({ tenant, batch, from, to: next }, deadlineMs);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_CHUNKS }, runChunks));
  if (next < total) return continueAsNew<typeof transferBatch>({ ...input, from: next });
  return CancellationScope.nonCancellable(() =>
    runStep('finishBatch', { tenant, batch }, 'end the batch', null),
  );
}

/** A run that was cancelled goes on to the end, compensating what it did not begin: a new one would not know of it. */
function isRunLong(items: number): boolean {
  if (CancellationScope.current().consideredCancelled) return false;
  return items >= CHUNKS_PER_RUN * CHUNK_SIZE || workflowInfo().continueAsNewSuggested;
}
