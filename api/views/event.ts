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
  description: text.nullable(),
  reference: text.nullable(),
  metadata: metadataAnswer,
};
const told = { ...terms, refusal: refusalSchema };
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
    eventOf('TransferDebited', { ...terms, balance: amountAnswer }),
    eventOf('TransferCredited', { ...terms, balance: amountAnswer }),
    eventOf('TransferRefunded', { ...told, balance: amountAnswer }),
    eventOf('AccountFrozen', { reason: text }),
    eventOf('AccountUnfrozen', { reason: text }),
    eventOf('AccountClosed', { reason: text }),
    eventOf('TransferRejected', told),
    eventOf('TransferCancelled', told),
    eventOf('CreditRefused', told),
    eventOf('RefundParked', told),
  ])
  .openapi('Event');

export type EventView = z.infer<typeof eventSchema>;

/** The types of all events, in the order of the schema. */
export const EVENT_TYPES = eventSchema.options.map(({ shape }) => shape.type.value);

/** A stored event as the contract shows it. The schema checks the result: what is documented is what is sent. */
export function eventView(stored: PlacedEvent): EventView {
  return eventSchema.parse(eventJson(stored));
}
