import { type Tenant, type TransferId, transferStream } from '../domain/ids.ts';
import { requested, type Transfer } from '../domain/transfer.ts';
import { isOutage, type Queryable } from '../platform/postgres.ts';
import { decodeTransferRequest } from './codec.ts';
import { type Command, readClaimingCommand } from './commands.ts';
import { readHead } from './lock-heads.ts';
import { readBatchRequest } from './read-items.ts';

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
  if (command === undefined) return undefined;
  return { command, transfer: state ?? (await readAsked(db, command, transferId)) };
}

/** What a transfer's command came to, as a command that is final needs no second look. */
export async function readTransferOf(db: Queryable, command: Command): Promise<TransferRecord> {
  const transferId = command.resourceId as TransferId;
  if (command.status !== 'accepted') {
    const state = await readState(db, command.tenant, transferId);
    return { command, transfer: state ?? asked(command) };
  }
  const record = await readTransfer(db, command.tenant, transferId).catch((error: unknown) => {
    // It was recorded: Postgres going away after that must not turn the answer into "try again".
    if (!isOutage(error)) throw error;
    return { command, transfer: asked(command) };
  });
  if (record === undefined) throw new Error(`transfer ${transferId} was recorded, and nobody claims it`);
  return record;
}

/** The state of the transfer's head; undefined where nothing was decided of it yet. */
async function readState(
  db: Queryable,
  tenant: Tenant,
  transferId: TransferId,
): Promise<Transfer | undefined> {
  const state = (await readHead(db, tenant, transferStream(transferId)))?.state;
  return state !== undefined && 'transferId' in state ? state : undefined;
}

/** The transfer as it was asked for: by a command of its own, or by a batch's, whose items are rows. */
async function readAsked(db: Queryable, command: Command, transferId: TransferId): Promise<Transfer> {
  if (command.type !== 'transferBatch') return asked(command);
  return askedFor(await readBatchRequest(db, command.tenant, transferId), command);
}

/** The transfer as its command asked for it. */
function asked(command: Command): Transfer {
  return askedFor(command.payload, command);
}

function askedFor(request: unknown, { createdAt }: Command): Transfer {
  const { executeAt, ...terms } = decodeTransferRequest(request);
  if (executeAt === null || executeAt <= createdAt) return requested(terms);
  return { ...requested(terms), executeAt, status: 'scheduled' };
}
