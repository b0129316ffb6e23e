import { type FeePolicy, feeOf } from '../domain/fees.ts';
import type { TransferId } from '../domain/ids.ts';
import { completeTerms } from '../domain/terms.ts';
import { toWire } from '../domain/wire.ts';
import type { PoolClient } from '../platform/postgres.ts';
import { insertBatch } from '../sql/batches.ts';
import { claimAll, type NewCommand } from '../sql/commands.ts';
import type { BatchRequest } from '../sql/read-items.ts';
import type { BatchTransfer } from './dispatcher.ts';

type Source = { readonly newId: () => string; readonly fees: FeePolicy };

/** What a batch asks for of each transfer, complete as a single one's is once recorded. */
export function batchRequests(transfers: readonly BatchTransfer[], source: Source): BatchRequest[] {
  return transfers.map(({ executeAt, ...asked }) => {
    const transferId = asked.transferId ?? (source.newId() as TransferId);
    const feeMinor = feeOf(source.fees, asked.amountMinor, asked.currency);
    return toWire({ ...completeTerms({ ...asked, transferId, feeMinor }), executeAt: executeAt ?? null });
  });
}

/** Claims every transfer's id and writes the batch's rows, within the transaction that records its command. */
export async function recordBatch(
  client: PoolClient,
  command: NewCommand,
  items: readonly BatchRequest[],
): Promise<void> {
  const claims = items.map((item) => ({ kind: 'transfer' as const, resourceId: item.transferId }));
  await claimAll(client, command, claims);
  const { tenant, commandId, createdAt, resourceId: batchId } = command;
  await insertBatch(client, { tenant, batchId, commandId, createdAt, items });
}
