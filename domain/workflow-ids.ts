import type { Tenant } from './ids.ts';

/** The workflow of one transfer alone, as it is found in Temporal's Web UI. */
export function transferWorkflowId(tenant: Tenant, transferId: string): string {
  return `${tenant}/transfer/${transferId}`;
}

/** The workflow of transfers that came together. */
export function groupWorkflowId(tenant: Tenant, groupId: string): string {
  return `${tenant}/transfer-group/${groupId}`;
}

/** The group of a workflow's id; null for every other workflow. */
export function groupOfWorkflow(workflowId: string): string | null {
  const [, kind, groupId] = workflowId.split('/');
  return kind === 'transfer-group' && groupId !== undefined ? groupId : null;
}
