import { z } from '@hono/zod-openapi';
import { CURRENCY_CODES, exponentOf } from '../../domain/currencies.ts';
import { parseRate } from '../../domain/exchange.ts';
import type { CurrencyPair } from '../../sql/rates.ts';

/** A rate as a decimal string, canonical after it was read. */
export const rateField = z
  .string({
    error: (issue) =>
      issue.input === undefined ? 'is required' : 'must be a decimal string such as "1.0850", in quotes',
  })
  .transform((text, ctx) => {
    const parsed = parseRate(text);
    if (parsed.ok) return parsed.rate;
    ctx.addIssue({ code: 'custom', message: parsed.message });
    return z.NEVER;
  })
  .openapi({
    type: 'string',
    example: '1.0850',
    pattern: '^(?!0(\\.0+)?$)(0|[1-9][0-9]{0,9})(\\.[0-9]{1,10})?$',
  });

export const rateAnswer = z.string().openapi({
  example: '1.085',
  description: 'Units of the second currency that one unit of the first buys',
  pattern: '^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,10})?$',
});

export const SAME_CURRENCY = 'must be another currency than "from"';

const CODE = `(${CURRENCY_CODES.join('|')})`;
/** That they must differ, no pattern says. */
const PAIR = `^${CODE}-?${CODE}$`;

/** Two different currencies in a path: `EUR-USD`, or `EURUSD`. */
export const pairField = z
  .string()
  .transform((text, ctx): CurrencyPair => {
    const [, from = '', to = ''] = /^([A-Z]{3})-?([A-Z]{3})$/.exec(text) ?? [];
    if (from !== to && exponentOf(from) !== undefined && exponentOf(to) !== undefined) return { from, to };
    ctx.addIssue({ code: 'custom', message: 'must be two different ISO 4217 codes such as "EUR-USD"' });
    return z.NEVER;
  })
  .openapi({ type: 'string', example: 'EUR-USD', pattern: PAIR });

/** How a pair is written: `EUR-USD`. */
export function pairName({ from, to }: CurrencyPair): string {
  return `${from}-${to}`;
}
