import { z } from '@hono/zod-openapi';
import { amountAnswer, timeAnswer } from '../border/fields.ts';
import { transactionSchema } from './transaction.ts';

/** What stands above a statement's rows. */
const sums = {
  openingBalance: amountAnswer.openapi({ example: '100.00', description: 'Before the first row' }),
  closingBalance: amountAnswer.openapi({
    example: '89.50',
    description: 'After the last row: openingBalance + totalIn - totalOut',
  }),
  totalIn: amountAnswer.openapi({ example: '0.00', description: 'Sum of the positive rows' }),
  totalOut: amountAnswer.openapi({ example: '10.50', description: 'Sum of the negative rows, without sign' }),
};

export const statementSchema = z
  .strictObject({
    accountId: z.string().openapi({ example: 'alice' }),
    currency: z.string().openapi({ example: 'EUR' }),
    from: timeAnswer.openapi({ description: 'First instant that counts' }),
    to: timeAnswer.openapi({ description: 'First instant that no longer counts' }),
    ...sums,
    items: z.array(transactionSchema).openapi({ description: 'Oldest first' }),
    nextCursor: z.string().nullable(),
  })
  .openapi('Statement');

/** A statement's head, the same on all of its pages. */
export const statementHeadSchema = statementSchema.omit({ items: true, nextCursor: true, currency: true });
export type StatementHead = z.infer<typeof statementHeadSchema>;
