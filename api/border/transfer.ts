import { z } from '@hono/zod-openapi';
import type { BatchTransfer } from '../../dispatch/dispatcher.ts';
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

/** What a client says of any new transfer, made alone or in a batch. */
export const transferFields = {
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
};

type SaidOfTransfer = z.output<z.ZodObject<typeof transferFields>>;

/** What was said of a transfer as the dispatcher takes it; an amount that is none of its currency is told to `ctx`. */
export function readTransferFields(said: SaidOfTransfer, ctx: z.RefinementCtx): BatchTransfer {
  return {
    transferId: said.id ?? null,
    from: said.from,
    to: said.to,
    amountMinor: readAmount(said.amount, { field: 'amount', currency: said.currency }, ctx),
    currency: said.currency,
    description: said.description ?? null,
    reference: said.reference ?? null,
    metadata: said.metadata ?? {},
    ...(said.executeAt === undefined ? {} : { executeAt: said.executeAt }),
  };
}

/** What a client asks of a new transfer: the wish itself, and what it takes to make or only to try it. */
export const transferBody = z
  .strictObject({
    ...transferFields,
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
  .transform(({ quoteId, dryRun, ...said }, ctx) => {
    if (quoteId !== undefined && said.executeAt !== undefined) {
      refuseTogether(ctx, ['executeAt'], 'cannot be with quoteId: a quote is for now');
    }
    const wish = { type: 'transfer' as const, ...readTransferFields(said, ctx) };
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
