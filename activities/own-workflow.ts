import type { Tenant } from '../domain/ids.ts';
import { formatAmount } from '../domain/money.ts';
import type { TransferItem } from '../domain/saga.ts';
import { toWire } from '../domain/wire.ts';
import { transferWorkflowId } from '../domain/workflow-ids.ts';
import type { ExpectedWorkflow } from '../sql/expected-workflows.ts';

/** The workflow in which a transfer waits (for its time, or a person) and then runs the steps of any other. */
export function ownWorkflow(
  tenant: Tenant,
  item: TransferItem,
  until: string,
  deadlineMs: number,
): ExpectedWorkflow {
  return {
    workflowId: transferWorkflowId(tenant, item.transferId),
    workflowType: 'transfer',
    input: { tenant, deadlineMs, transfers: [toWire(item)] },
    summary: summaryOf(item),
    dueAt: until,
  };
}

/** The workflow that stands for a parked transfer until an operator has settled it. */
export function parkedWorkflow(tenant: Tenant, item: TransferItem): ExpectedWorkflow {
  return {
    workflowId: transferWorkflowId(tenant, item.transferId),
    workflowType: 'parkedTransfer',
    input: { tenant, transferId: item.transferId },
    summary: `needs attention: ${summaryOf(item)}`,
    dueAt: null,
  };
}

function summaryOf({ amountMinor, currency, from, to }: TransferItem): string {
  return `${formatAmount(amountMinor, currency)} ${currency} from ${from} to ${to}`;
}
