import { z } from '@hono/zod-openapi';
import type { SetRate } from '../../sql/rates.ts';
import { timeAnswer } from '../border/fields.ts';
import { pairName, rateAnswer } from '../border/rates.ts';

export const rateSchema = z
  .strictObject({
    pair: z.string().openapi({ example: 'EUR-USD' }),
    from: z.string().openapi({ example: 'EUR' }),
    to: z.string().openapi({ example: 'USD' }),
    rate: rateAnswer,
    updatedAt: timeAnswer,
  })
  .openapi('Rate');

/** A rate as the contract shows it. */
export function rateView({ from, to, rate, updatedAt }: SetRate): z.infer<typeof rateSchema> {
  return { pair: pairName({ from, to }), from, to, rate, updatedAt };
}
