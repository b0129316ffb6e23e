import { z } from '@hono/zod-openapi';
import { formatAmount } from '../../domain/money.ts';
import type { Quote } from '../../sql/quotes.ts';
import { amountAnswer, timeAnswer } from '../border/fields.ts';
import { rateAnswer } from '../border/rates.ts';

const fromAmount = z.strictObject({
  amount: amountAnswer,
  currency: z.string().openapi({ example: 'EUR' }),
});
const toAmount = z.strictObject({
  amount: amountAnswer.openapi({ example: '11.39' }),
  currency: z.string().openapi({ example: 'USD' }),
});

export const quoteSchema = z
  .strictObject({
    id: z.string().openapi({ example: 'quote-17' }),
    rate: rateAnswer,
    amounts: z.strictObject({ from: fromAmount, to: toAmount }),
    expiresAt: timeAnswer.openapi({ description: 'The rate is promised until then' }),
    createdAt: timeAnswer,
  })
  .openapi('Quote');

/** A quote as the contract shows it. */
export function quoteView(quote: Quote): z.infer<typeof quoteSchema> {
  const { from, to, fromMinor, toMinor } = quote;
  return {
    id: quote.quoteId,
    rate: quote.rate,
    amounts: {
      from: { amount: formatAmount(fromMinor, from), currency: from },
      to: { amount: formatAmount(toMinor, to), currency: to },
    },
    expiresAt: quote.expiresAt,
    createdAt: quote.createdAt,
  };
}
