import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { AccountCommandList, AccountItem } from '../domain/account-commands.ts';
import type { Tenant } from '../domain/ids.ts';
import { formatAmount } from '../domain/money.ts';
import type { WireItem } from '../domain/saga.ts';
import type { ActionItem, TransferActionList } from '../domain/transfer-actions.ts';
import { groupOfWorkflow } from '../domain/workflow-ids.ts';
import type { Logger } from '../platform/log.ts';
import { addTransferIds, isUnknownAttribute, TRANSFER_IDS } from '../platform/search-attributes.ts';
import { type TemporalClient, withDeadline } from '../platform/temporal.ts';
import type { Command } from '../sql/commands.ts';
import type { TransferInput } from '../workflows/transfer.ts';
import type { TransferBatchInput } from '../workflows/transfer-batch.ts';
import type { TransferGroupInput } from '../workflows/transfer-group.ts';

/** A client and whether a worker of this process runs on its connection: that one then gets the first task at once. */
export type TemporalAccess = { readonly client: TemporalClient; readonly eager: boolean };

export type WorkflowStart = {
  /** Asked at each use, for an API serves before the worker beside it has found Temporal. */
  readonly temporal: () => TemporalAccess;
  readonly taskQueue: string;
  readonly sagaDeadlineMs: number;
  readonly log: Logger;
};

/**
 * Starts a command's workflow under the id in its row. Starting one that runs changes nothing, and one that has
 * completed is not run again; a run that failed or was terminated may be started again, and its activities
 * find what was already decided.
 * @returns false where the workflow had already completed.
 * @throws the client's error while Temporal is away: the sweeper starts the command later.
 */
export function startWorkflow(start: WorkflowStart, command: Command): Promise<boolean> {
  const { workflowId } = command;
  if (workflowId === null) throw new Error(`command ${command.commandId} has no workflow to start`);
  const { type, args, summary } = workflowOf(start, command);
  const details = `Command \`${command.commandId}\` of ${command.principal}, accepted at ${command.createdAt}`;
  return begin(start, { type, args, workflowId, summary, details, transferIds: [] });
}

/** Starts the workflow of transfers that were recorded together, in the same way. */
export function startGroup(
  start: WorkflowStart,
  { tenant, workflowId, transferIds }: { tenant: Tenant; workflowId: string; transferIds: readonly string[] },
): Promise<boolean> {
  const groupId = groupOfWorkflow(workflowId);
  if (groupId === null) throw new Error(`${workflowId} is no group's workflow`);
  const args: TransferGroupInput = { tenant, groupId, deadlineMs: start.sagaDeadlineMs };
  const summary = `${transferIds.length} transfers`;
  return begin(start, { type: 'transferGroup', args, workflowId, summary, details: summary, transferIds });
}

type Beginning = {
  readonly type: string;
  readonly args: object;
  readonly workflowId: string;
  readonly summary: string;
  readonly details: string;
  readonly transferIds: readonly string[];
};

async function begin(start: WorkflowStart, beginning: Beginning): Promise<boolean> {
  const { client } = start.temporal();
  try {
    await withDeadline(client, () => call(start, beginning));
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    if (beginning.transferIds.length === 0 || !isUnknownAttribute(error)) throw error;
    await makeSearchable(start, client);
    return begin(start, { ...beginning, transferIds: [] });
  }
}

/** A Temporal that Remit did not set up learns of the attribute now; until it has, groups are found by their own id. */
async function makeSearchable({ log }: WorkflowStart, client: TemporalClient): Promise<void> {
  await addTransferIds(client).catch((error: unknown) =>
    log.warn(
      { err: error, attribute: TRANSFER_IDS.name },
      'Temporal cannot find grouped transfers by their ids',
    ),
  );
}

function call(start: WorkflowStart, { type, args, workflowId, summary, details, transferIds }: Beginning) {
  const { client, eager } = start.temporal();
  return client.workflow.start(type, {
    args: [args],
    taskQueue: start.taskQueue,
    workflowId,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    workflowIdConflictPolicy: 'USE_EXISTING',
    requestEagerStart: eager,
    staticSummary: summary,
    staticDetails: details,
    ...(transferIds.length === 0
      ? {}
      : { typedSearchAttributes: [{ key: TRANSFER_IDS, value: [...transferIds] }] }),
  });
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

/** Large enough to run several chunks side by side, small enough for one attempt on a slow machine. */
const BATCH_RANGE_SIZE = 2_500;

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
  const rangeSize = BATCH_RANGE_SIZE;
  const args: TransferBatchInput = { ...batch, tenant, total, rangeSize, deadlineMs: start.sagaDeadlineMs };
  return { type: command.type, args, summary: `${total} transfers` };
}
