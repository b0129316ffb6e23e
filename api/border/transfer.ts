import { z } from '@hono/zod-openapi';
import { toWire } from '../../domain/wire.ts';
import { wrongField } from '../problem.ts';
import {
  accountIdField,
  amountField,
  currencyField,
  idField,
  metadataField,
  readAmount,
  textField,
  timeField,
  transferIdField,
} from './fields.ts';
import { refuseTogether } from './validation.ts';

/** What a client asks of a new transfer: the wish itself, and what it takes to make or only to try it. */
export const transferBody = z
  .strictObject({
    id: transferIdField.optional(),
    from: accountIdField,
    to: accountIdField.openapi({ example: 'bob' }),
    amount: amountField,
    currency: currencyField,
    description: textField(500).optional().openapi({ example: 'Rent for August' }),
    reference: textField(100).optional().openapi({ example: '2026-08' }),
    metadata: metadataField.optional(),
    executeAt: timeField.optional().openapi({
      description: 'Not before this instant, at most 10 years ahead; what is past executes at once',
    }),
    quoteId: idField.optional().openapi({
      example: 'quote-17',
      description: 'Pays an account of another currency what the quote says; never together with executeAt',
    }),
    dryRun: z
      .boolean()
      .optional()
      .openapi({ example: false, description: 'Only tells what would happen: nothing is recorded' }),
  })
  .openapi({
    example: { from: 'alice', to: 'bob', amount: '10.50', currency: 'EUR', description: 'Rent for August' },
  })
  .transform(({ quoteId, dryRun, executeAt, ...body }, ctx) => {
    if (quoteId !== undefined && executeAt !== undefined) {
      refuseTogether(ctx, ['executeAt'], 'cannot be with quoteId: a quote is for now');
    }
    const wish = {
      type: 'transfer' as const,
      transferId: body.id ?? null,
      from: body.from,
      to: body.to,
      amountMinor: readAmount(body.amount, { field: 'amount', currency: body.currency }, ctx),
      currency: body.currency,
      description: body.description ?? null,
      reference: body.reference ?? null,
      metadata: body.metadata ?? {},
      ...(executeAt === undefined ? {} : { executeAt }),
    };
    return { wish, quoteId, dryRun: dryRun ?? false };
  });

const LONGEST_SCHEDULE_YEARS = 10;

/** @throws Problem 400 at the pointer for an instant that is too far ahead */
export function checkSchedule(executeAt: string | undefined, now: Date, pointer = '/executeAt'): void {
  if (executeAt === undefined) return;
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + LONGEST_SCHEDULE_YEARS);
  if (executeAt <= latest.toISOString()) return;
  throw wrongField(pointer, `must be at most ${LONGEST_SCHEDULE_YEARS} years ahead`);
}

/** What the client said, where the request will hold what a quote says as well. */
export function saidOf({ wish, quoteId }: z.infer<typeof transferBody>): object | undefined {
  return quoteId === undefined ? undefined : { ...toWire(wish), quoteId };
}
