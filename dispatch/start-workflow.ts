import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { AccountCommandList, AccountItem } from '../domain/account-commands.ts';
import { formatAmount } from '../domain/money.ts';
import type { WireItem } from '../domain/saga.ts';
import type { ActionItem, TransferActionList } from '../domain/transfer-actions.ts';
import { type TemporalClient, withDeadline } from '../platform/temporal.ts';
import type { Command } from '../sql/commands.ts';
import type { TransferInput } from '../workflows/transfer.ts';
import type { TransferBatchInput } from '../workflows/transfer-batch.ts';

/** A client and whether a worker of this process runs on its connection: that one then gets the first task at once. */
export type TemporalAccess = { readonly client: TemporalClient; readonly eager: boolean };

export type WorkflowStart = {
  /** Asked at each use, for an API serves before the worker beside it has found Temporal. */
  readonly temporal: () => TemporalAccess;
  readonly taskQueue: string;
  readonly sagaDeadlineMs: number;
};

/**
 * Starts a command's workflow under the id in its row. Starting one that runs changes nothing, and one that has
 * completed is not run again; a run that failed or was terminated may be started again, and its activities
 * find what was already decided.
 * @returns false where the workflow had already completed.
 * @throws the client's error while Temporal is away: the sweeper starts the command later.
 */
export async function startWorkflow(start: WorkflowStart, command: Command): Promise<boolean> {
  const { workflowId } = command;
  if (workflowId === null) throw new Error(`command ${command.commandId} has no workflow to start`);
  const { type, args, summary } = workflowOf(start, command);
  const { client, eager } = start.temporal();
  try {
    await withDeadline(client, () =>
      client.workflow.start(type, {
        args: [args],
        taskQueue: start.taskQueue,
        workflowId,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'USE_EXISTING',
        requestEagerStart: eager,
        staticSummary: summary,
        staticDetails: `Command \`${command.commandId}\` of ${command.principal}, accepted at ${command.createdAt}`,
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** What people do about a transfer that is there. */
const ACTIONS = ['cancel', 'approve', 'decline', 'retry', 'resolve'] as const;

/** Which workflow a command runs, with its one argument. Payloads are in wire form, written by new-command.ts. */
export function workflowOf(
  start: Pick<WorkflowStart, 'sagaDeadlineMs'>,
  command: Command,
): { type: string; args: object; summary: string } {
  const { tenant, commandId, principal: actor, type, resourceId } = command;
  if (type === 'transfer') {
    const item = { ...command.payload, commandId, actor } as WireItem;
    const args: TransferInput = { tenant, deadlineMs: start.sagaDeadlineMs, transfers: [item] };
    const amount = `${formatAmount(BigInt(item.amountMinor), item.currency)} ${item.currency}`;
    return { type, args, summary: `${amount} from ${item.from} to ${item.to}` };
  }
  if (ACTIONS.some((action) => action === type)) {
    const item = { commandId, actor, action: { type, data: command.payload } } as ActionItem;
    const args: TransferActionList = { tenant, items: [item] };
    return { type, args, summary: `${type} ${resourceId}` };
  }
  if (type === 'transferBatch' || type === 'cancelBatch') return batchWorkflow(start, command);
  const item = { commandId, actor, command: { type, data: command.payload } } as AccountItem;
  const args: AccountCommandList = { tenant, items: [item] };
  return { type, args, summary: `${type} ${resourceId}` };
}

/** A batch's items are rows: its workflow learns how many there are. */
function batchWorkflow(
  start: Pick<WorkflowStart, 'sagaDeadlineMs'>,
  { tenant, commandId, principal: actor, ...command }: Command,
) {
  const batch = { batchId: command.resourceId, commandId, actor };
  if (command.type === 'cancelBatch') {
    const args = { ...(command.payload as { reason: string }), tenant, batch };
    return { type: command.type, args, summary: `cancel batch ${batch.batchId}` };
  }
  const { total } = command.payload as { total: number };
  const args: TransferBatchInput = { ...batch, tenant, total, deadlineMs: start.sagaDeadlineMs };
  return { type: command.type, args, summary: `${total} transfers` };
}
