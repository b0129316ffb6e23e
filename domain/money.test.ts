import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CURRENCY_CODES } from './currencies.ts';
import { formatAmount, MAX_MINOR, parseAmount } from './money.ts';

describe('amounts on the wire', () => {
  test.each([
    ['10.50', 'EUR', 1050n],
    ['10.5', 'EUR', 1050n],
    ['10', 'EUR', 1000n],
    ['0.01', 'EUR', 1n],
    ['10', 'JPY', 10n],
    ['1.234', 'BHD', 1234n],
    ['9999999999999999.99', 'EUR', MAX_MINOR],
  ])('%s %s is %s minor units', (text, currency, amountMinor) => {
    expect(parseAmount(text, currency)).toEqual({ ok: true, amountMinor });
  });

  test.each([
    ['', 'EUR'],
    ['1e3', 'EUR'],
    ['-1', 'EUR'],
    ['+1', 'EUR'],
    ['0', 'EUR'],
    ['0.00', 'EUR'],
    ['.5', 'EUR'],
    ['5.', 'EUR'],
    ['05', 'EUR'],
    ['1.234', 'EUR'],
    ['1.0', 'JPY'],
    ['1,5', 'EUR'],
    [' 1', 'EUR'],
    ['1\n', 'EUR'],
    ['١', 'EUR'],
    ['10000000000000000.00', 'EUR'],
    ['9'.repeat(400), 'EUR'],
    ['1', 'EURO'],
  ])('%j %s is refused with a sentence', (text, currency) => {
    const parsed = parseAmount(text, currency);
    expect(parsed.ok ? '' : parsed.message).toMatch(/\w+ \w+/);
  });

  test('zero is right only where it is allowed', () => {
    expect(parseAmount('0', 'EUR', { allowZero: true })).toEqual({ ok: true, amountMinor: 0n });
  });

  test('what is written is read back, in every currency', () => {
    const amounts = fc.bigInt({ min: 1n, max: MAX_MINOR });
    fc.assert(
      fc.property(amounts, fc.constantFrom(...CURRENCY_CODES), (amountMinor, currency) => {
        expect(parseAmount(formatAmount(amountMinor, currency), currency)).toEqual({ ok: true, amountMinor });
      }),
    );
  });

  test.each([
    [0n, 'EUR', '0.00'],
    [7n, 'JPY', '7'],
    [-7n, 'JPY', '-7'],
    [1234n, 'BHD', '1.234'],
    [12n, 'BHD', '0.012'],
  ])('%s minor units of %s are written as %s', (amountMinor, currency, text) => {
    expect(formatAmount(amountMinor, currency)).toBe(text);
  });

  test('the refusal shows an amount of the currency, and an unknown currency is never written', () => {
    const message = (text: string, currency: string) => {
      const parsed = parseAmount(text, currency);
      return parsed.ok ? '' : parsed.message;
    };
    expect(message('x', 'EUR')).toContain('"10.50"');
    expect(message('x', 'JPY')).toContain('"10"');
    expect(message('1.2345', 'BHD')).toContain('"10.500"');
    expect(() => formatAmount(1n, 'EURO')).toThrow('unknown currency EURO');
  });

  test('a negative amount keeps its sign and its leading zero', () => {
    expect(formatAmount(-5n, 'EUR')).toBe('-0.05');
  });
});
