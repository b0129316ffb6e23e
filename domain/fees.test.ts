import fc from 'fast-check';
import { expect, test } from 'vitest';
import { feeOf, NO_FEES } from './fees.ts';

const policy = { flatMinor: new Map([['EUR', 10n]]), perMille: 15n };

test.each([
  ['a flat part and a share', 1_000n, 'EUR', 25n],
  ['the share alone where a currency has no flat fee', 1_000n, 'JPY', 15n],
  ['half a minor unit up', 100n, 'JPY', 2n],
  ['less than half down', 99n, 'JPY', 1n],
  ['nothing of almost nothing', 33n, 'JPY', 0n],
])('a fee is %s', (_, amountMinor, currency, expected) => {
  expect(feeOf(policy, amountMinor, currency)).toBe(expected);
});

test('without a policy nothing costs anything', () => {
  expect(feeOf(NO_FEES, 10n ** 18n - 1n, 'EUR')).toBe(0n);
});

test('a fee never falls when the amount grows, and never differs by more than half a unit from the exact share', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 1n, max: 10n ** 18n }),
      fc.bigInt({ min: 0n, max: 1_000n }),
      (amount, perMille) => {
        const fees = { flatMinor: new Map<string, bigint>(), perMille };
        const fee = feeOf(fees, amount, 'EUR');
        expect(feeOf(fees, amount + 1n, 'EUR') >= fee).toBe(true);
        const error = fee * 1_000n - amount * perMille;
        expect(error <= 500n && error > -500n).toBe(true);
      },
    ),
  );
});
