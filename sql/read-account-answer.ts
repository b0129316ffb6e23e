import { z } from 'zod';
import type { Account } from '../domain/account.ts';
import type { DomainEvent } from '../domain/events.ts';
import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { decodeAccount, decodeEvent } from './codec.ts';

/** What an account command came to: the account after it, at that version, and the event that stands there. */
export type AccountAnswer = {
  readonly account: Account;
  readonly version: number;
  readonly occurredAt: string;
  readonly createdAt: string;
  readonly event: DomainEvent;
};

type Row = { detail: unknown; type: string; schema_version: number; data: unknown };

const detailSchema = z.strictObject({
  version: z.int(),
  occurredAt: z.string(),
  createdAt: z.string(),
  // No answer tells the open holds, and outcomes are kept for good: they are stored without.
  account: z.record(z.string(), z.unknown()).transform((account) => decodeAccount({ ...account, holds: {} })),
});

/**
 * What a completed account command is answered with, for ever the same; undefined for a command that has not
 * been done. Throws where the row is not what Remit writes.
 */
export async function readAccountAnswer(
  db: Queryable,
  key: { tenant: Tenant; commandId: string; streamId: string },
): Promise<AccountAnswer | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-account-answer',
    text: `select o.detail, e.type, e.schema_version, e.data
           from outcomes o
           join events e on e.tenant = o.tenant and e.stream_id = $3
             and e.version = (o.detail ->> 'version')::int
           where o.tenant = $1 and o.subject_id = $2 and o.leg = 'command' and o.result = 'done'`,
    values: [key.tenant, key.commandId, key.streamId],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  const { account, ...place } = detailSchema.parse(row.detail);
  if (account === null) throw new Error(`the outcome of command ${key.commandId} holds no account`);
  const event = decodeEvent({ type: row.type, schemaVersion: row.schema_version, data: row.data });
  return { ...place, account, event };
}
