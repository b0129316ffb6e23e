import type { Tenant, TransferId } from '../domain/ids.ts';
import { transferStream } from '../domain/ids.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';
import { decodeTransfer } from './codec.ts';
import { type Command, readClaimingCommand } from './commands.ts';

/** A transfer as the write side knows it, with the command that asked for it. */
export type TransferRecord = { readonly transfer: Transfer; readonly command: Command };

/**
 * The transfer from its head; before anything was decided of it, from its command. Undefined where nobody asked
 * for it. The command is read first: a final one then never comes with an older head.
 */
export async function readTransfer(
  db: Queryable,
  tenant: Tenant,
  transferId: TransferId,
): Promise<TransferRecord | undefined> {
  const command = await readClaimingCommand(db, tenant, 'transfer', transferId);
  return command && { command, transfer: await readTransferState(db, command) };
}

/** The state of the transfer that a command asked for. */
export async function readTransferState(db: Queryable, command: Command): Promise<Transfer> {
  const { rows } = await db.query<{ state: unknown }>({
    name: 'read-transfer-state',
    text: 'select state from heads where tenant = $1 and stream_id = $2',
    values: [command.tenant, transferStream(command.resourceId as TransferId)],
  });
  return decodeTransfer(rows[0]?.state ?? requestedState(command.payload));
}

function requestedState(terms: object): object {
  return { ...terms, status: 'requested', refusal: null, reversedMinor: '0', legs: [] };
}
