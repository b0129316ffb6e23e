import { z } from '@hono/zod-openapi';
import { formatAmount } from '../../domain/money.ts';
import type { TrialBalance, TrialBalanceRow } from '../../sql/trial-balance.ts';
import { amountAnswer } from '../border/fields.ts';
import { positionView } from './account.ts';

const rowSchema = z.strictObject({
  account: z.string().openapi({ example: 'external' }),
  debits: amountAnswer,
  credits: amountAnswer,
  balance: amountAnswer.openapi({ example: '-10.50', description: 'credits - debits' }),
});

export const trialBalanceSchema = z
  .strictObject({
    position: z.int().openapi({ description: 'Every event up to here is in it, and none after' }),
    currencies: z.array(
      z.strictObject({
        currency: z.string().openapi({ example: 'EUR' }),
        accounts: z.array(rowSchema),
        sum: amountAnswer.openapi({
          example: '0.00',
          description: 'Of the balances: 0, or money was made or lost',
        }),
      }),
    ),
  })
  .openapi('TrialBalance');

/** The trial balance as the contract shows it, grouped by currency. */
export function trialBalanceView({ position, rows }: TrialBalance): z.infer<typeof trialBalanceSchema> {
  const currencies = [...new Set(rows.map((row) => row.currency))];
  return {
    position: positionView(position),
    currencies: currencies.map((currency) =>
      currencyView(
        currency,
        rows.filter((row) => row.currency === currency),
      ),
    ),
  };
}

function currencyView(currency: string, rows: readonly TrialBalanceRow[]) {
  const money = (amountMinor: bigint) => formatAmount(amountMinor, currency);
  const sumMinor = rows.reduce((sum, row) => sum + row.creditsMinor - row.debitsMinor, 0n);
  return {
    currency,
    accounts: rows.map((row) => ({
      account: row.account,
      debits: money(row.debitsMinor),
      credits: money(row.creditsMinor),
      balance: money(row.creditsMinor - row.debitsMinor),
    })),
    sum: money(sumMinor),
  };
}
