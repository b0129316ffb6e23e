import { z } from '@hono/zod-openapi';
import type { ListedLetter } from '../../sql/list-dead-letters.ts';
import { timeAnswer } from '../border/fields.ts';

export const PROJECTIONS = ['balances', 'transactions', 'transfers', 'journal'] as const;
export const LETTER_STATUSES = ['parked', 'replayed'] as const;

const replaySchema = z
  .strictObject({
    status: z
      .enum(['requested', 'replayed', 'parked'])
      .openapi({ description: '`parked`: it could not be applied again, for `cause`' }),
    cause: z.string().nullable().openapi({ example: null }),
    requestedAt: timeAnswer,
    finishedAt: timeAnswer.nullable(),
  })
  .openapi('DeadLetterReplay');

export const deadLetterSchema = z
  .strictObject({
    id: z.string().openapi({ example: '0198f2a4-7c31-7000-8000-0242ac120002' }),
    status: z.enum(LETTER_STATUSES).openapi({ description: '`replayed`: dealt with' }),
    cause: z.string().openapi({ example: 'Error: unknown event type MoneyPrinted' }),
    projection: z
      .enum(PROJECTIONS)
      .nullable()
      .openapi({ description: 'Which read table lacks the event; null: no stream could be told' }),
    streamId: z.string().nullable().openapi({ example: 'account-alice' }),
    version: z.int().nullable().openapi({ example: 3, description: 'As far as it could be told' }),
    position: z.int().nullable().openapi({ example: 17, description: 'As the message says, true or not' }),
    waitingEvents: z.int().openapi({
      example: 2,
      description: 'Committed events of the stream that wait, parked, for a replay; this one is one of them',
    }),
    kafka: z
      .strictObject({ partition: z.int(), offset: z.string().openapi({ example: '41' }) })
      .nullable()
      .openapi({ description: 'Where the message lies; null: the event was read from the store' }),
    payload: z
      .string()
      .openapi({ example: '{"tenant":"main"}', description: 'What could not be applied, as text' }),
    replay: replaySchema.nullable().openapi({ description: 'The last that was asked for' }),
    createdAt: timeAnswer,
    resolvedAt: timeAnswer.nullable(),
  })
  .openapi('DeadLetter');

/** A letter as the contract shows it; `headVersion` is that of its stream in the event store, 0 for none. */
export function deadLetterView(letter: ListedLetter, headVersion: number): z.infer<typeof deadLetterSchema> {
  const { partition, offset, parkedAfter } = letter;
  return {
    id: letter.id,
    status: letter.status,
    cause: letter.cause,
    projection: letter.projection,
    streamId: letter.streamId,
    version: letter.version,
    position: toldPosition(letter.position),
    waitingEvents: parkedAfter === null ? 0 : Math.max(0, headVersion - parkedAfter),
    kafka: partition === null || offset === null ? null : { partition, offset },
    payload: letter.payload,
    replay: replayView(letter),
    createdAt: letter.createdAt,
    resolvedAt: letter.resolvedAt,
  };
}

/** A forged one may be beyond what JSON numbers hold; no event has such a place. */
function toldPosition(position: bigint | null): number | null {
  return position === null || position > BigInt(Number.MAX_SAFE_INTEGER) ? null : Number(position);
}

function replayView(letter: ListedLetter): z.infer<typeof replaySchema> | null {
  const { replayStatus: status, replayCause: cause, replayRequestedAt, replayFinishedAt } = letter;
  if (status === null || replayRequestedAt === null) return null;
  return { status, cause, requestedAt: replayRequestedAt, finishedAt: replayFinishedAt };
}
