import type { Tenant, TransferId } from '../domain/ids.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import { readTransfer } from '../sql/read-transfer.ts';
import type { ActivityDeps } from './deps.ts';

/** How a transfer stands. Throws for outages, and for one that nobody asked for. */
export function createTransferStatus({ pool }: ActivityDeps) {
  return async ({
    tenant,
    transferId,
  }: {
    tenant: Tenant;
    transferId: TransferId;
  }): Promise<TransferStatus> => {
    const found = await readTransfer(pool, tenant, transferId);
    if (found === undefined) throw new Error(`there is no transfer ${transferId}`);
    return found.transfer.status;
  };
}
