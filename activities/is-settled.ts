import { type Tenant, type TransferId, transferStream } from '../domain/ids.ts';
import { readHead } from '../sql/lock-heads.ts';
import type { ActivityDeps } from './deps.ts';

/** True once a parked transfer's money has left suspense. Throws for outages, and for a transfer that is not there. */
export function createIsSettled({ pool }: ActivityDeps) {
  return async ({ tenant, transferId }: { tenant: Tenant; transferId: string }): Promise<boolean> => {
    const head = await readHead(pool, tenant, transferStream(transferId as TransferId));
    if (head === undefined || !('legs' in head.state)) throw new Error(`there is no transfer ${transferId}`);
    return head.state.status !== 'needs_attention';
  };
}
