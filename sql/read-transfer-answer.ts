import { z } from 'zod';
import type { Tenant } from '../domain/ids.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';
import { decodeTransfer } from './codec.ts';

const detailSchema = z.strictObject({ transfer: z.unknown().transform((state) => decodeTransfer(state)) });

/**
 * The transfer right after what a person asked of it was done, for ever the same; undefined for a command that has
 * not been done. Throws where the row is not what Remit writes.
 */
export async function readTransferAnswer(
  db: Queryable,
  key: { readonly tenant: Tenant; readonly commandId: string },
): Promise<Transfer | undefined> {
  const { rows } = await db.query<{ detail: unknown }>({
    name: 'read-transfer-answer',
    text: `select detail from outcomes
           where tenant = $1 and subject_id = $2 and leg = 'command' and result = 'done'`,
    values: [key.tenant, key.commandId],
  });
  return rows[0] && detailSchema.parse(rows[0].detail).transfer;
}
