import { z } from '@hono/zod-openapi';
import { formatAmount } from '../../domain/money.ts';
import {
  ORDER_STATUSES,
  type OrderMoment,
  type OrderRun,
  OVERLAPS,
  type StandingOrder,
  statusAt,
  timetableOf,
} from '../../domain/standing-order.ts';
import { TRANSFER_STATUSES } from '../../domain/transfer.ts';
import { runsAfter } from '../../platform/timetable.ts';
import { amountAnswer, metadataAnswer, timeAnswer } from '../border/fields.ts';
import { refusalSchema } from './refusal.ts';

const SHOWN_NEXT_RUNS = 5;

export const orderRunSchema = z
  .strictObject({
    scheduledAt: timeAnswer.openapi({ example: '2026-08-01T09:00:00.000Z' }),
    transferId: z.string().nullable().openapi({
      example: 'rent:2026-08-01T09:00:00Z',
      description: 'Null where its id belonged to another request: nothing was paid then',
    }),
    status: z.enum(TRANSFER_STATUSES).openapi({ description: "The transfer's" }),
    refusal: refusalSchema.nullable(),
  })
  .openapi('StandingOrderRun');

export const standingOrderSchema = z
  .strictObject({
    id: z.string().openapi({ example: 'rent' }),
    from: z.string().openapi({ example: 'alice' }),
    to: z.string().openapi({ example: 'bob' }),
    amount: amountAnswer,
    currency: z.string().openapi({ example: 'EUR' }),
    description: z.string().nullable(),
    reference: z.string().nullable(),
    metadata: metadataAnswer,
    cron: z.string().nullable().openapi({ example: '0 9 1 * *' }),
    every: z.string().nullable().openapi({ example: null }),
    until: timeAnswer.nullable(),
    overlap: z.enum(OVERLAPS),
    catchUp: z.string().nullable().openapi({ example: null }),
    status: z.enum(ORDER_STATUSES),
    reason: z.string().nullable().openapi({ description: 'Why it was paused or resumed' }),
    nextRuns: z
      .array(timeAnswer)
      .openapi({ description: `The next ${SHOWN_NEXT_RUNS}; none unless it is active` }),
    pastRuns: z.array(orderRunSchema).openapi({ description: 'The latest 10, latest first' }),
    createdAt: timeAnswer,
  })
  .openapi('StandingOrder');

/** An order as it is (or was) at a moment. */
export function standingOrderView(
  order: StandingOrder,
  { at, pastRuns, ...then }: OrderMoment,
): z.infer<typeof standingOrderSchema> {
  const { orderId: id, from, to, amountMinor, currency, description, reference, metadata } = order;
  const { cron, every, until, overlap, catchUp, createdAt } = order;
  const status = statusAt({ ...then, until }, at);
  const next = status === 'active' ? runsAfter(timetableOf(order), new Date(at), SHOWN_NEXT_RUNS) : [];
  return {
    id,
    from,
    to,
    amount: formatAmount(amountMinor, currency),
    currency,
    description,
    reference,
    metadata,
    cron,
    every,
    until,
    overlap,
    catchUp,
    status,
    reason: then.reason,
    nextRuns: next.map((run) => run.toISOString()),
    pastRuns: pastRuns.map(orderRunView),
    createdAt,
  };
}

export function orderRunView({
  scheduledAt,
  transferId,
  status,
  refusal,
}: OrderRun): z.infer<typeof orderRunSchema> {
  return { scheduledAt, transferId, status, refusal };
}
