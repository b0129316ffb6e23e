import type { Tenant, TransferId } from '../domain/ids.ts';
import { transferStream } from '../domain/ids.ts';
import type { Transfer } from '../domain/transfer.ts';
import { isOutage, type Queryable } from '../platform/postgres.ts';
import { decodeTransfer } from './codec.ts';
import { type Command, readClaimingCommand } from './commands.ts';

/** A transfer as the write side knows it, with the command that asked for it. */
export type TransferRecord = { readonly transfer: Transfer; readonly command: Command };

/**
 * The transfer from its head; before anything was decided of it, from its command. Undefined where nobody asked
 * for it. The head is read first: a final one then never comes with a command that is not.
 */
export async function readTransfer(
  db: Queryable,
  tenant: Tenant,
  transferId: TransferId,
): Promise<TransferRecord | undefined> {
  const state = await readState(db, tenant, transferId);
  const command = await readClaimingCommand(db, tenant, 'transfer', transferId);
  return command && { command, transfer: decodeTransfer(state ?? requestedState(command.payload)) };
}

/** What a transfer's command came to, as a command that is final needs no second look. */
export async function readTransferOf(db: Queryable, command: Command): Promise<TransferRecord> {
  const transferId = command.resourceId as TransferId;
  if (command.status !== 'accepted') {
    const state = await readState(db, command.tenant, transferId);
    return { command, transfer: decodeTransfer(state ?? requestedState(command.payload)) };
  }
  const record = await readTransfer(db, command.tenant, transferId).catch((error: unknown) => {
    // It was recorded: Postgres going away after that must not turn the answer into "try again".
    if (!isOutage(error)) throw error;
    return { command, transfer: decodeTransfer(requestedState(command.payload)) };
  });
  if (record === undefined) throw new Error(`transfer ${transferId} was recorded, and nobody claims it`);
  return record;
}

async function readState(db: Queryable, tenant: Tenant, transferId: TransferId): Promise<unknown> {
  const { rows } = await db.query<{ state: unknown }>({
    name: 'read-transfer-state',
    text: 'select state from heads where tenant = $1 and stream_id = $2',
    values: [tenant, transferStream(transferId)],
  });
  return rows[0]?.state;
}

function requestedState(terms: object): object {
  return { ...terms, status: 'requested', refusal: null, reversedMinor: '0', legs: [] };
}
