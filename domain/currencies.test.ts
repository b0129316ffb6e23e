import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { CURRENCY_CODES, exponentOf } from './currencies.ts';

const published: { code: string; digits: number }[] = createRequire(import.meta.url)('currency-codes/data');

test('the table of currencies is the published ISO 4217 list', () => {
  expect(CURRENCY_CODES).toEqual(published.map(({ code }) => code).sort());
  for (const { code, digits } of published) expect([code, exponentOf(code)]).toEqual([code, digits]);
});
