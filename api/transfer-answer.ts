import type { Context } from 'hono';
import type { Answered } from '../dispatch/dispatcher.ts';
import { isFinal } from '../domain/transfer.ts';
import { readTransferOf } from '../sql/read-transfer.ts';
import type { AppEnv, Deps } from './context.ts';
import { Problem } from './problem.ts';
import { type TransferView, transferView } from './views/transfer.ts';

/**
 * What a transfer's command is answered with, with Location set: the transfer, completed or not final yet.
 * @throws Problem with the refusal's code for a transfer that ended otherwise, with its id and status
 */
export async function transferAnswer(
  c: Context<AppEnv>,
  deps: Deps,
  recorded: Answered,
): Promise<TransferView> {
  const told = recorded.transfer ?? null;
  const { transfer, command } =
    told === null ? await readTransferOf(deps.pool, recorded) : { transfer: told, command: recorded };
  c.header('Location', `/api/transfers/${transfer.transferId}`);
  if (transfer.status === 'completed' || !isFinal(transfer.status)) {
    // As it was when it ended, so that a repeat gets the same answer whatever reversals took back since.
    return transferView({ ...transfer, reversedMinor: 0n }, command, deps.config);
  }
  const refusal = transfer.refusal ?? command.refusal;
  if (refusal === null)
    throw new Error(`transfer ${transfer.transferId} is ${transfer.status}, and nothing tells why`);
  const members = { transferId: transfer.transferId, transferStatus: transfer.status };
  throw new Problem(refusal.code, refusal.detail, { members });
}
