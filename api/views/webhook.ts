import { z } from '@hono/zod-openapi';
import { DELIVERY_STATUSES } from '../../domain/webhook.ts';
import type { Delivery } from '../../sql/webhook-deliveries.ts';
import type { Webhook } from '../../sql/webhooks.ts';
import { timeAnswer } from '../border/fields.ts';
import { positionView } from './account.ts';

const webhook = {
  id: z.string().openapi({ example: 'ledger-sync' }),
  url: z.string().openapi({ example: 'https://example.com/remit' }),
  events: z.array(z.string()).openapi({ example: ['TransferDebited', 'TransferCredited'] }),
  createdAt: timeAnswer,
};

export const webhookSchema = z.strictObject(webhook).openapi('Webhook');

export const newWebhookSchema = z
  .strictObject({
    ...webhook,
    secret: z.string().openapi({
      example: 'whsec_Y2hvb3NlIGEgcmFuZG9tIG9uZSBvZiB5b3VyIG93biE',
      description: 'What deliveries are signed with; told in this answer only',
    }),
  })
  .openapi('NewWebhook');

export function webhookView({ webhookId: id, url, events, createdAt }: Webhook) {
  return { id, url, events: [...events], createdAt };
}

const attemptSchema = z
  .strictObject({
    attempt: z.int().openapi({ example: 1 }),
    startedAt: timeAnswer,
    durationMs: z.int().openapi({ example: 42 }),
    statusCode: z.int().nullable().openapi({ example: 503 }),
    error: z.string().nullable().openapi({ example: null, description: 'Why there was no answer' }),
  })
  .openapi('DeliveryAttempt');

export const deliverySchema = z
  .strictObject({
    id: z.string().openapi({ example: '7f4cbd44-6f0e-4b3c-9d6e-0a4f5d1c2b3a' }),
    position: z.int().openapi({ example: 17, description: "The event's place in the global order" }),
    eventType: z.string().openapi({ example: 'TransferCredited' }),
    status: z.enum(DELIVERY_STATUSES),
    round: z.int().openapi({ example: 1, description: 'Grows with each redelivery' }),
    attemptCount: z.int().openapi({ example: 1, description: 'In all rounds' }),
    attempts: z.array(attemptSchema).openapi({ description: 'The newest 25, newest first' }),
    createdAt: timeAnswer,
    finishedAt: timeAnswer.nullable(),
  })
  .openapi('Delivery');

export function deliveryView(delivery: Delivery): z.infer<typeof deliverySchema> {
  const { deliveryId: id, attempts: attemptCount, lastAttempts, position, ...rest } = delivery;
  return { ...rest, id, position: positionView(position), attemptCount, attempts: [...lastAttempts] };
}
