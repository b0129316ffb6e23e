import { type Tenant, type TransferId, transferStream } from '../domain/ids.ts';
import { transferWorkflowId } from '../domain/workflow-ids.ts';
import { forgetToldWorkflow } from '../sql/expected-workflows.ts';
import { readHead } from '../sql/lock-heads.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * True once a parked transfer's money has left suspense: its workflow may end then, and nothing starts it again, but for a
 * nudge that was still to be sent: then it looks once more.
 * Throws for outages, and for a transfer that is not there.
 */
export function createIsSettled({ pool }: ActivityDeps) {
  return async ({ tenant, transferId }: { tenant: Tenant; transferId: string }): Promise<boolean> => {
    const head = await readHead(pool, tenant, transferStream(transferId as TransferId));
    if (head === undefined || !('legs' in head.state)) throw new Error(`there is no transfer ${transferId}`);
    const settled = head.state.status !== 'needs_attention';
    if (settled) await forgetToldWorkflow(pool, tenant, transferWorkflowId(tenant, transferId));
    return settled;
  };
}
