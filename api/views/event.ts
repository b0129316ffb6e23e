import { z } from '@hono/zod-openapi';
import type { DomainEvent } from '../../domain/events.ts';
import { eventJson } from '../../sql/event-json.ts';
import type { PlacedEvent } from '../../sql/list-events.ts';
import { amountAnswer, metadataAnswer, timeAnswer } from '../border/fields.ts';
import { refusalSchema } from './refusal.ts';

const text = z.string();
const cash = {
  amount: amountAnswer,
  currency: text,
  balance: amountAnswer.openapi({ description: "The account's balance after it" }),
  description: text.nullable(),
  metadata: metadataAnswer,
};
const terms = {
  transferId: text,
  from: text,
  to: text,
  amount: amountAnswer,
  currency: text,
  fee: amountAnswer.openapi({
    example: '0.10',
    description: 'What the source pays besides, in its currency',
  }),
  credit: amountAnswer.openapi({ description: 'What reaches the destination, in `creditCurrency`' }),
  creditCurrency: text.openapi({ example: 'EUR' }),
  quoteId: text.nullable(),
  rate: text.nullable().openapi({
    example: '1.085',
    description: 'Units of `creditCurrency` for one of `currency`; null where they are the same',
  }),
  reverses: text.nullable().openapi({ description: 'The transfer that this one takes back' }),
  holdId: text.nullable().openapi({ description: 'The hold that this transfer captures' }),
  description: text.nullable(),
  reference: text.nullable(),
  metadata: metadataAnswer,
};
const told = { ...terms, refusal: refusalSchema };
const leg = { ...terms, balance: amountAnswer.openapi({ description: "The account's balance after it" }) };
const held = amountAnswer.openapi({ description: 'What is held on the account after it' });
const hold = { holdId: text, amount: amountAnswer, currency: text, held };
const limit = amountAnswer.nullable().openapi({ description: 'null is no limit' });
const reversal = {
  ...terms,
  reversalId: text.openapi({ description: 'The transfer that takes this one back' }),
  reversed: amountAnswer.openapi({ description: 'The sum of reversals after it' }),
};
const opened = {
  accountId: text,
  ownerId: text.nullable(),
  name: text.nullable(),
  currency: text,
  overdraftLimit: amountAnswer,
  metadata: metadataAnswer,
};

/** An event of one type; the fields around its data are the same in all. */
function eventOf<Type extends DomainEvent['type'], Data extends z.ZodRawShape>(type: Type, data: Data) {
  return z
    .strictObject({
      position: z
        .int()
        .nullable()
        .openapi({ description: 'Place in the global order; null until it has one' }),
      streamId: text.openapi({ example: 'account-alice' }),
      version: z.int().openapi({ description: 'Place in its stream: 1, 2, 3 without gaps' }),
      type: z.literal(type),
      data: z.strictObject(data),
      metadata: z.strictObject({ commandId: text, correlationId: text, causationId: text, actor: text }),
      occurredAt: timeAnswer,
      hash: text.openapi({ description: "sha-256 over this event and its predecessor's hash, in hex" }),
    })
    .openapi(type);
}

export const eventSchema = z
  .discriminatedUnion('type', [
    eventOf('AccountOpened', opened),
    eventOf('MoneyDeposited', cash),
    eventOf('MoneyWithdrawn', cash),
    eventOf('TransferDebited', leg),
    eventOf('TransferCredited', {
      ...leg,
      balance: amountAnswer.openapi({ description: "The account's balance after it, in `creditCurrency`" }),
    }),
    eventOf('TransferRefunded', {
      ...leg,
      refusal: refusalSchema,
      refundedTo: text,
      paidFrom: z.enum(['transit', 'suspense']),
      debitedAt: timeAnswer.nullable(),
    }),
    eventOf('FundsHeld', {
      ...hold,
      expiresAt: timeAnswer.nullable(),
      description: text.nullable(),
      metadata: metadataAnswer,
    }),
    eventOf('HoldCaptured', {
      ...leg,
      holdId: text,
      held,
      released: amountAnswer.openapi({ description: 'What of the hold was not captured' }),
    }),
    eventOf('HoldReleased', { ...hold, why: z.enum(['voided', 'expired']), reason: text }),
    eventOf('LimitsChanged', {
      currency: text,
      overdraftLimit: amountAnswer,
      perTransfer: limit,
      daily: limit,
      approvalThreshold: limit,
    }),
    eventOf('AccountFrozen', { reason: text }),
    eventOf('AccountUnfrozen', { reason: text }),
    eventOf('AccountClosed', { reason: text }),
    eventOf('TransferRejected', told),
    eventOf('TransferCancelled', told),
    eventOf('CreditRefused', told),
    eventOf('RefundParked', { ...told, refundRefusal: refusalSchema }),
    eventOf('TransferScheduled', { ...terms, executeAt: timeAnswer }),
    eventOf('ApprovalRequested', { ...terms, threshold: amountAnswer, expiresAt: timeAnswer }),
    eventOf('TransferApproved', { ...terms, reason: text }),
    eventOf('TransferSettled', { ...terms, settledTo: text, reason: text }),
    eventOf('ReversalDebited', reversal),
    eventOf('ReversalRefunded', reversal),
  ])
  .openapi('Event');

export type EventView = z.infer<typeof eventSchema>;

/** The types of all events, in the order of the schema. */
export const EVENT_TYPES = eventSchema.options.map(({ shape }) => shape.type.value);

/** A stored event as the contract shows it. The schema checks the result: what is documented is what is sent. */
export function eventView(stored: PlacedEvent): EventView {
  return eventSchema.parse(eventJson(stored));
}
