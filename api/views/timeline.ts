import { z } from '@hono/zod-openapi';
import { timeAnswer } from '../border/fields.ts';
import { refusalSchema } from './refusal.ts';

const commandId = z.string().openapi({ example: '0198f3c2-8f51-7c1e-9d0a-5b7c7d1f2a10' });
/** Which event a step is about. */
const event = {
  streamId: z.string().openapi({ example: 'account-alice' }),
  version: z.int().openapi({ example: 3 }),
};

const accepted = z
  .strictObject({
    kind: z.literal('command_accepted'),
    commandId,
    type: z.string().openapi({ example: 'transfer' }),
    principal: z.string().openapi({ example: 'local', description: 'Who asked' }),
    at: timeAnswer,
  })
  .openapi('CommandAccepted');

const started = z
  .strictObject({
    kind: z.literal('workflow_started'),
    workflowId: z.string().openapi({ example: 'main/transfer/rent-2026-08' }),
    url: z.string().nullable().openapi({ description: "The workflow in Temporal's Web UI" }),
    at: timeAnswer.nullable().openapi({
      description:
        "When it was last started, by Temporal's clock; null where Temporal is away or has forgotten it, for a parked transfer, " +
        'and beyond 20 workflows',
    }),
  })
  .openapi('WorkflowStarted');

const appended = z
  .strictObject({
    kind: z.literal('event_appended'),
    ...event,
    position: z.int().nullable().openapi({
      example: 17,
      description: 'Place in the global order; null until it has one',
    }),
    type: z.string().openapi({ example: 'TransferDebited' }),
    at: timeAnswer,
    hash: z.string().openapi({ description: "sha-256 over this event and its predecessor's hash, in hex" }),
  })
  .openapi('EventAppended');

const delivered = z
  .strictObject({
    kind: z.literal('event_delivered'),
    ...event,
    topic: z.string().nullable().openapi({
      example: 'remit.events',
      description: 'Null, as are partition and offset, where the projector read the event from the store',
    }),
    partition: z.int().nullable().openapi({ example: 0 }),
    offset: z.int().nullable().openapi({ example: 42 }),
    at: timeAnswer.nullable().openapi({ description: 'When it was sent to Kafka' }),
  })
  .openapi('EventDelivered');

const projected = z
  .strictObject({
    kind: z.literal('event_projected'),
    ...event,
    at: timeAnswer.nullable().openapi({
      description: 'When its Kafka delivery was applied to the read tables; null where it had none',
    }),
  })
  .openapi('EventProjected');

const finished = z
  .strictObject({
    kind: z.literal('command_finished'),
    commandId,
    status: z.enum(['completed', 'refused']),
    refusal: refusalSchema.nullable(),
    at: timeAnswer,
  })
  .openapi('CommandFinished');

export const timelineSchema = z
  .strictObject({
    transferId: z.string().openapi({ example: 'rent-2026-08' }),
    steps: z.array(
      z
        .discriminatedUnion('kind', [accepted, started, appended, delivered, projected, finished])
        .openapi('TimelineStep'),
    ),
    truncated: z.boolean().openapi({
      example: false,
      description:
        'True where these are the first steps only: more than 500 events or 200 commands are not told',
    }),
  })
  .openapi('Timeline');

export type TimelineStep = z.infer<typeof timelineSchema>['steps'][number];
