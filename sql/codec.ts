import { z } from 'zod';
import type { Account, AccountState } from '../domain/account.ts';
import type { DomainEvent, EventMetadata, EventType, TransferTerms } from '../domain/events.ts';
import { type AccountId, type HoldId, ID_PATTERN, type TransferId } from '../domain/ids.ts';
import { REFUSAL_CODES } from '../domain/refusals.ts';
import { LEGS, TRANSFER_STATUSES, type Transfer } from '../domain/transfer.ts';
import { toWire } from '../domain/wire.ts';
import { SCHEMA_VERSION, upcast, upcastAccount, upcastTransfer } from './upcasters.ts';

const minor = z
  .string()
  .regex(/^-?[0-9]{1,18}$/)
  .transform((text) => BigInt(text));
const accountId = z.string().transform((id) => id as AccountId);
const transferId = z.string().transform((id) => id as TransferId);
const holdId = z.string().transform((id) => id as HoldId);
const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const refusal = z.strictObject({ code: z.enum(REFUSAL_CODES), detail: z.string() });
const reason = z.strictObject({ reason: z.string() });
const terms = {
  transferId,
  from: accountId,
  to: accountId,
  amountMinor: minor,
  currency: z.string(),
  feeMinor: minor,
  creditMinor: minor,
  creditCurrency: z.string(),
  quoteId: z.string().nullable(),
  rate: z.string().nullable(),
  reverses: transferId.nullable(),
  holdId: holdId.nullable(),
  description: z.string().nullable(),
  reference: z.string().nullable(),
  metadata,
};
const requestSchema = z.strictObject({ ...terms, executeAt: z.string().nullable() }) satisfies z.ZodType<
  TransferTerms & { executeAt: string | null }
>;
const limits = {
  perTransferMinor: minor.nullable(),
  dailyMinor: minor.nullable(),
  approvalThresholdMinor: minor.nullable(),
};
const cash = z.strictObject({
  amountMinor: minor,
  currency: z.string(),
  balanceMinor: minor,
  description: z.string().nullable(),
  metadata,
});
const leg = z.strictObject({ ...terms, balanceMinor: minor });
const told = z.strictObject({ ...terms, refusal });

const EVENT_SCHEMAS = {
  AccountOpened: z.strictObject({
    accountId,
    ownerId: z.string().nullable(),
    name: z.string().nullable(),
    currency: z.string(),
    overdraftLimitMinor: minor,
    metadata,
  }),
  MoneyDeposited: cash,
  MoneyWithdrawn: cash,
  TransferDebited: leg,
  TransferCredited: leg,
  TransferRefunded: z.strictObject({
    ...terms,
    balanceMinor: minor,
    refusal,
    refundedTo: accountId,
    paidFrom: z.enum(['transit', 'suspense']),
    debitedAt: z.string().nullable(),
  }),
  FundsHeld: z.strictObject({
    holdId,
    amountMinor: minor,
    currency: z.string(),
    heldMinor: minor,
    expiresAt: z.string().nullable(),
    description: z.string().nullable(),
    metadata,
  }),
  HoldCaptured: z.strictObject({
    ...terms,
    holdId,
    balanceMinor: minor,
    heldMinor: minor,
    releasedMinor: minor,
  }),
  HoldReleased: z.strictObject({
    holdId,
    amountMinor: minor,
    currency: z.string(),
    heldMinor: minor,
    why: z.enum(['voided', 'expired']),
    reason: z.string(),
  }),
  LimitsChanged: z.strictObject({ ...limits, overdraftLimitMinor: minor, currency: z.string() }),
  AccountFrozen: reason,
  AccountUnfrozen: reason,
  AccountClosed: reason,
  TransferRejected: told,
  TransferCancelled: told,
  CreditRefused: told,
  RefundParked: z.strictObject({ ...terms, refusal, refundRefusal: refusal }),
  TransferScheduled: z.strictObject({ ...terms, executeAt: z.string() }),
  ApprovalRequested: z.strictObject({ ...terms, thresholdMinor: minor, expiresAt: z.string() }),
  TransferApproved: z.strictObject({ ...terms, reason: z.string() }),
  TransferSettled: z.strictObject({ ...terms, settledTo: accountId, reason: z.string() }),
  ReversalDebited: z.strictObject({ ...terms, reversalId: transferId, reversedMinor: minor }),
  ReversalRefunded: z.strictObject({ ...terms, reversalId: transferId, reversedMinor: minor }),
} satisfies { [Type in EventType]: z.ZodType<Extract<DomainEvent, { type: Type }>['data']> };

/** Every type of event that is written today. */
export const EVENT_TYPES = Object.keys(EVENT_SCHEMAS);

/** A day's sum: money may come and go so often that it passes what one amount may be. */
const total = z
  .string()
  .regex(/^[0-9]{1,38}$/)
  .transform((text) => BigInt(text));
const accountParts = {
  limits: z.strictObject(limits),
  holds: z.record(
    z.string(),
    z.strictObject({ amountMinor: minor, expiresAt: z.string().nullable(), placedAt: z.string() }),
  ),
  outgoing: z.strictObject({ date: z.string(), amountMinor: total }).nullable(),
};
const accountPartsSchema = z.strictObject(accountParts);

const accountSchema = z.strictObject({
  status: z.enum(['open', 'frozen', 'closed']),
  accountId,
  ownerId: z.string().nullable(),
  name: z.string().nullable(),
  currency: z.string(),
  balanceMinor: minor,
  heldMinor: minor,
  overdraftLimitMinor: minor,
  ...accountParts,
  metadata,
}) satisfies z.ZodType<Account>;

const transferSchema = z.strictObject({
  ...terms,
  status: z.enum(TRANSFER_STATUSES),
  refusal: refusal.nullable(),
  reversedMinor: minor,
  executeAt: z.string().nullable(),
  approval: z
    .strictObject({ thresholdMinor: minor, expiresAt: z.string(), approved: z.boolean() })
    .nullable(),
  finishedAt: z.string().nullable(),
  legs: z.array(
    z.strictObject({
      leg: z.enum(LEGS),
      accountId,
      version: z.number().int(),
      occurredAt: z.string(),
    }),
  ),
}) satisfies z.ZodType<Transfer>;

/** An event as it is stored and sent: one row, or one Kafka message. Data is in wire form. */
export type StoredEvent = {
  readonly tenant: string;
  readonly streamId: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: unknown;
  readonly metadata: EventMetadata;
  /** ISO 8601, milliseconds, UTC. */
  readonly occurredAt: string;
  /** sha-256 in hex, see hash.ts. */
  readonly hash: string;
};

/** A stored event that has its place in the global order. */
export type LoggedEvent = StoredEvent & { readonly position: bigint };

/** Which stream, by the rule of ids: Postgres refuses NUL in a text, and a key that is too long for an index. */
const streamKeySchema = z.strictObject({
  tenant: z.string().regex(ID_PATTERN),
  streamId: z.string().regex(new RegExp(`^(account|transfer)-${ID_PATTERN.source.slice(1)}`)),
});

/** The greatest values of the columns `integer` and `bigint`. */
const MAX_INTEGER = 2 ** 31 - 1;
const MAX_BIGINT = 2n ** 63n - 1n;

const loggedEventSchema = z.strictObject({
  ...streamKeySchema.shape,
  position: z
    .string()
    .regex(/^[1-9][0-9]{0,18}$/)
    .transform((text) => BigInt(text))
    .refine((position) => position <= MAX_BIGINT),
  version: z.number().int().positive().max(MAX_INTEGER),
  type: z.string(),
  schemaVersion: z.number().int().positive(),
  data: z.unknown(),
  metadata: z.strictObject({
    commandId: z.string(),
    correlationId: z.string(),
    causationId: z.string(),
    actor: z.string(),
  }),
  occurredAt: z.string(),
  hash: z.string(),
});

/** The JSON that the relay sends: the position, like every bigint, as a string. */
export function encodeMessage(event: LoggedEvent): string {
  return JSON.stringify({ ...event, position: event.position.toString() });
}

/** Reads a Kafka message. Throws (SyntaxError, ZodError) on anything that the relay did not write. */
export function decodeMessage(text: string): LoggedEvent {
  return loggedEventSchema.parse(JSON.parse(text));
}

/** Reads a Kafka key; null where it is none that the relay wrote. */
export function decodeKey(text: string): { tenant: string; streamId: string } | null {
  const [tenant, streamId, ...rest] = text.split('/');
  const key = streamKeySchema.safeParse({ tenant, streamId });
  return key.success && rest.length === 0 ? key.data : null;
}

/** A domain event in the form that is stored. */
export function encodeEvent(event: DomainEvent): { type: string; schemaVersion: number; data: object } {
  return { type: event.type, schemaVersion: SCHEMA_VERSION, data: toWire(event.data) };
}

/** A stored event as the domain knows it. Throws on an unknown type or shape: a poison event, not a guess. */
export function decodeEvent(stored: Pick<StoredEvent, 'type' | 'schemaVersion' | 'data'>): DomainEvent {
  const data = upcast(stored);
  const schema = EVENT_SCHEMAS[stored.type as EventType];
  if (schema === undefined) throw new Error(`unknown event type ${stored.type}`);
  return { type: stored.type, data: schema.parse(data) } as DomainEvent;
}

/** Reads an account's head state, also of version 1. Throws where the row is not what Remit writes. */
export function decodeAccount(state: unknown): AccountState {
  return state === null ? null : accountSchema.parse(upcastAccount(state));
}

/** Reads the parts of an account that the read table keeps as JSON. Throws where they are not what Remit writes. */
export function decodeAccountParts(
  parts: Readonly<Record<'limits' | 'holds' | 'outgoing', unknown>>,
): Pick<Account, 'limits' | 'holds' | 'outgoing'> {
  return accountPartsSchema.parse(parts);
}

/** Reads what a transfer's command, or its row in a batch, asks for. Throws where it is not what Remit writes. */
export function decodeTransferRequest(payload: unknown): TransferTerms & { executeAt: string | null } {
  return requestSchema.parse(payload);
}

/**
 * Reads a transfer's head state, also of version 1, which ended when it was last written (`updatedAt`, ISO 8601).
 * Throws where the row is not what Remit writes.
 */
export function decodeTransfer(state: unknown, updatedAt: string | null = null): Transfer {
  return transferSchema.parse(upcastTransfer(state, updatedAt));
}

/** A head's state in the form that is stored. */
export function encodeState(state: Account | Transfer): object {
  return toWire(state);
}
