import { z } from 'zod';
import type { Metadata } from '../domain/events.ts';
import { type AccountId, type HoldId, type Tenant, type TransferId, transferStream } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { type Command, readClaimingCommand } from './commands.ts';
import { readHead } from './lock-heads.ts';
import { readOutcomes } from './outcomes.ts';

/** `refunded`: it was captured, the destination refused the money, and the account has it back. */
export const HOLD_STATUSES = ['held', 'captured', 'refunded', 'voided', 'expired'] as const;

/** A hold as it was asked for, and what became of it. Amounts in minor units of its currency. */
export type HoldRecord = {
  readonly holdId: HoldId;
  readonly accountId: AccountId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly expiresAt: string | null;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly status: (typeof HOLD_STATUSES)[number];
  readonly capturedMinor: bigint | null;
  readonly transferId: string | null;
  readonly endedAt: string | null;
};

const minor = z.string().transform((text) => BigInt(text));
const payloadSchema = z.object({
  holdId: z.string().transform((id) => id as HoldId),
  accountId: z.string().transform((id) => id as AccountId),
  amountMinor: minor,
  currency: z.string(),
  expiresAt: z.string().nullable(),
  description: z.string().nullable(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
const endSchema = z.object({
  status: z.enum(HOLD_STATUSES),
  capturedMinor: minor.optional(),
  transferId: z.string().optional(),
  endedAt: z.string(),
});

/**
 * A hold with the command that asked for it, from the write side; undefined where nobody did. Whether it was placed
 * is told by the command's status.
 */
export async function readHold(
  db: Queryable,
  tenant: Tenant,
  holdId: string,
): Promise<{ hold: HoldRecord; command: Command } | undefined> {
  const command = await readClaimingCommand(db, tenant, 'hold', holdId);
  if (command === undefined) return undefined;
  return { command, hold: await readHoldOf(db, command) };
}

/** The hold as its command asked for it: open, whatever became of it since. */
export function askedHold(command: Command): HoldRecord {
  const open = { status: 'held', capturedMinor: null, transferId: null, endedAt: null } as const;
  return { ...payloadSchema.parse(command.payload), ...open };
}

/** The hold that a command asked for, as it is now. Throws where the rows are not what Remit writes. */
export async function readHoldOf(db: Queryable, command: Command): Promise<HoldRecord> {
  const asked = askedHold(command);
  const outcomes = await readOutcomes(db, command.tenant, [{ subjectId: asked.holdId, leg: 'hold' }]);
  const [outcome] = outcomes.values();
  if (outcome === undefined) return asked;
  const { capturedMinor, transferId, ...end } = endSchema.parse(outcome.detail);
  const hold = { ...asked, ...end, capturedMinor: capturedMinor ?? null, transferId: transferId ?? null };
  return (await isRefunded(db, command.tenant, hold.transferId)) ? { ...hold, status: 'refunded' } : hold;
}

async function isRefunded(db: Queryable, tenant: Tenant, transferId: string | null): Promise<boolean> {
  if (transferId === null) return false;
  const head = await readHead(db, tenant, transferStream(transferId as TransferId));
  return head?.state.status === 'refunded';
}
