import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  executeChild,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { RequestedRun } from '../activities/request-standing-transfer.ts';
import type { Tenant, TransferId } from '../domain/ids.ts';
import type { TransferEnd } from '../domain/saga.ts';
import { type OrderSubject, runTime } from '../domain/standing-order.ts';
import { isFinal, type TransferStatus } from '../domain/transfer.ts';
import { runStep } from './steps.ts';
import { STANDING_TRANSFER_WAIT_MS } from './timeouts.ts';

export type StandingOrderRunEnd =
  | { readonly result: 'requested'; readonly transferId: string; readonly status: string }
  | Exclude<RequestedRun, { result: 'requested' }>;

/**
 * One run of a standing order, started by its Schedule: records the transfer and sees it through to its end, so that
 * the Schedule knows whether runs overlap. A refused transfer is an ordinary end of a run.
 */
export async function standingOrderRun({ tenant, orderId }: OrderSubject): Promise<StandingOrderRunEnd> {
  const scheduledAt = scheduledTime();
  const request = { tenant, orderId, scheduledAt };
  const run = await runStep(
    'requestStandingTransfer',
    request,
    `request the transfer of ${scheduledAt}`,
    null,
  );
  if (run.result !== 'requested') return run;
  const { transferId } = run;
  return { result: 'requested', transferId, status: await runTransfer(tenant, run) };
}

/** When the Schedule was due, which is not when this runs. */
function scheduledTime(): string {
  const key = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
  const time = workflowInfo().typedSearchAttributes.get(key);
  if (time === undefined)
    throw ApplicationFailure.nonRetryable('only a Schedule starts runs of standing orders');
  return runTime(time);
}

/** The transfer is a workflow like any other, which the sweeper may have started first, or starts again. */
async function runTransfer(
  tenant: Tenant,
  { transferId, workflow }: Extract<RequestedRun, { result: 'requested' }>,
): Promise<string> {
  try {
    const ends: TransferEnd[] = await executeChild('transfer', {
      args: [workflow.input],
      workflowId: workflow.id,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      parentClosePolicy: 'ABANDON',
      cancellationType: 'ABANDON',
      staticSummary: workflow.summary,
    });
    const [end] = ends;
    if (end !== undefined) return end.status;
  } catch (error) {
    const isElsewhere =
      error instanceof WorkflowExecutionAlreadyStartedError || error instanceof ChildWorkflowFailure;
    if (!isElsewhere) throw error;
  }
  return awaitTransfer(tenant, transferId);
}

/** Looks ever more rarely: one that waits for a person may take weeks, and each look adds to the history. */
async function awaitTransfer(tenant: Tenant, transferId: TransferId): Promise<TransferStatus> {
  const { first, longest } = STANDING_TRANSFER_WAIT_MS;
  for (let waitMs = first; ; waitMs = Math.min(waitMs * 2, longest)) {
    const status = await runStep('transferStatus', { tenant, transferId }, 'look how it stands', null);
    if (isFinal(status)) return status;
    await sleep(waitMs);
  }
}
