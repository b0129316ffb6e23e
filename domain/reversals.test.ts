import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccountId, TransferId } from './ids.ts';
import { leftMinor, reversalOf } from './reversals.ts';
import { completeTerms } from './terms.ts';
import { requested } from './transfer.ts';

const plain = {
  transferId: 't' as TransferId,
  from: 'a' as AccountId,
  to: 'b' as AccountId,
  amountMinor: 1000n,
  currency: 'EUR',
  description: null,
  reference: null,
  metadata: {},
};
const exchanged = (amountMinor: bigint, creditMinor: bigint) =>
  requested(
    completeTerms({ ...plain, amountMinor, creditMinor, creditCurrency: 'USD', quoteId: 'q', rate: '1.1' }),
  );

test('a plain transfer goes back as it came', () => {
  const original = { ...requested(completeTerms(plain)), reversedMinor: 300n };
  expect(leftMinor(original)).toBe(700n);
  expect(reversalOf(original, 700n)).toEqual({
    from: 'b',
    to: 'a',
    amountMinor: 700n,
    currency: 'EUR',
    exchange: null,
  });
});

test('the whole of an exchanged transfer gives all that came', () => {
  expect(reversalOf(exchanged(1000n, 1111n), 1000n)).toMatchObject({
    amountMinor: 1111n,
    currency: 'USD',
    exchange: { creditMinor: 1000n, creditCurrency: 'EUR', quoteId: 'q', rate: '1.1' },
  });
});

test('parts of an exchanged transfer give all together what came, however it is split', () => {
  const amount = fc.bigInt(1n, 10n ** 12n);
  fc.assert(
    fc.property(amount, amount, fc.array(amount, { maxLength: 10 }), (amountMinor, creditMinor, wishes) => {
      let original = exchanged(amountMinor, creditMinor);
      let given = 0n;
      const reverse = (part: bigint) => {
        given += reversalOf(original, part).amountMinor;
        original = { ...original, reversedMinor: original.reversedMinor + part };
      };
      for (const wish of wishes) {
        reverse(wish % (leftMinor(original) + 1n));
        expect(given).toBe((creditMinor * original.reversedMinor) / amountMinor);
      }
      reverse(leftMinor(original));
      expect(given).toBe(creditMinor);
    }),
  );
});

test('ten thousand reversals of a cent of 100.00 EUR that became 16155 JPY return all of it', () => {
  let original = exchanged(10_000n, 16_155n);
  let given = 0n;
  for (; leftMinor(original) > 0n; original = { ...original, reversedMinor: original.reversedMinor + 1n }) {
    given += reversalOf(original, 1n).amountMinor;
  }
  expect(given).toBe(16_155n);
});
