import { describe, expect, test } from 'vitest';
import { pairField } from './rates.ts';

describe('a currency pair', () => {
  test.each(['EUR-USD', 'EURUSD'])('%s is euros in dollars', (text) => {
    expect(pairField.parse(text)).toEqual({ from: 'EUR', to: 'USD' });
  });

  test.each([
    'EUR-EUR',
    'EUREUR',
    'eur-usd',
    'EUR-ZZZ',
    'ZZZ-EUR',
    'EUR',
    'EUR--USD',
    'EUR_USD',
    'EUR-USDX',
    '',
  ])('%j is refused', (text) => {
    expect(pairField.safeParse(text).success).toBe(false);
  });
});
