import { z } from '@hono/zod-openapi';
import { formatAmount } from '../../domain/money.ts';
import { amountAnswer } from '../border/fields.ts';
import type { DryRun } from '../dry-run.ts';
import { refusalSchema } from './refusal.ts';
import { exchangeSchema, exchangeView } from './transfer.ts';

export const dryRunSchema = z
  .strictObject({
    wouldComplete: z.boolean().openapi({
      description: 'Both accounts would take it as they are now, once it need not wait any more',
    }),
    refusal: refusalSchema.nullable(),
    waits: z
      .enum(['schedule', 'approval'])
      .nullable()
      .openapi({ description: 'What it would wait for first, before anything moves' }),
    from: z.string().openapi({ example: 'alice' }),
    to: z.string().openapi({ example: 'bob' }),
    amount: amountAnswer,
    currency: z.string().openapi({ example: 'EUR' }),
    fee: amountAnswer.openapi({ example: '0.00', description: 'What the source would pay besides' }),
    exchange: exchangeSchema.nullable(),
  })
  .openapi('DryRun');

/** What a transfer would come to, as the contract shows it. */
export function dryRunView({ terms, refusal, waits }: DryRun): z.infer<typeof dryRunSchema> {
  return {
    wouldComplete: refusal === null,
    refusal,
    waits,
    from: terms.from,
    to: terms.to,
    amount: formatAmount(terms.amountMinor, terms.currency),
    currency: terms.currency,
    fee: formatAmount(terms.feeMinor, terms.currency),
    exchange: exchangeView(terms),
  };
}
