import { describe, expect, test } from 'vitest';
import { changeOf, entriesOf, isMoneyEvent } from './double-entry.ts';
import type { DomainEvent } from './events.ts';
import type { AccountId, HoldId, TransferId } from './ids.ts';
import { completeTerms } from './terms.ts';

const [A, B] = ['a', 'b'] as AccountId[] as [AccountId, AccountId];
const cash = { amountMinor: 50n, currency: 'EUR', balanceMinor: 9n, description: null, metadata: {} };
const terms = {
  ...completeTerms({
    ...{ transferId: 't' as TransferId, from: A, to: B, amountMinor: 30n, feeMinor: 2n, currency: 'EUR' },
    ...{ creditMinor: 4_500n, creditCurrency: 'JPY', description: null, reference: null, metadata: {} },
  }),
  balanceMinor: 9n,
};
const refusal = { code: 'account-closed', detail: 'd' } as const;
const hold = { holdId: 'h' as HoldId, heldMinor: 0n, releasedMinor: 1n };
const back = { refusal, refundedTo: A, paidFrom: 'transit', debitedAt: null } as const;

/** Each event in the stream of its account, and what it changes there. */
const moves: [DomainEvent, string, bigint, string][] = [
  [{ type: 'MoneyDeposited', data: cash }, 'a', 50n, 'EUR'],
  [{ type: 'MoneyWithdrawn', data: cash }, 'a', -50n, 'EUR'],
  [{ type: 'TransferDebited', data: terms }, 'a', -32n, 'EUR'],
  [{ type: 'HoldCaptured', data: { ...terms, ...hold } }, 'a', -32n, 'EUR'],
  [{ type: 'TransferCredited', data: terms }, 'b', 4_500n, 'JPY'],
  [{ type: 'TransferRefunded', data: { ...terms, ...back } }, 'a', 32n, 'EUR'],
];

describe('an event that moves money', () => {
  test.each(moves)(
    '$type changes its account by what its entries say',
    (event, id, changeMinor, currency) => {
      if (!isMoneyEvent(event)) throw new Error(`${event.type} moves money`);
      expect(changeOf(event)).toEqual({ changeMinor, currency });
      const entries = entriesOf(event, id);
      const sum = (sign: bigint, side: 'creditAccount' | 'debitAccount') =>
        entries
          .filter((entry) => entry[side] === id && entry.currency === currency)
          .reduce((total, { amountMinor }) => total + sign * amountMinor, 0n);
      expect(sum(1n, 'creditAccount') + sum(-1n, 'debitAccount')).toBe(changeMinor);
    },
  );

  test('a refund comes out of where the money stood, and parked money goes to suspense', () => {
    const settled = { ...terms, ...back, refundedTo: B, paidFrom: 'suspense' as const };
    const whole = { amountMinor: 32n, currency: 'EUR' };
    expect(entriesOf({ type: 'TransferRefunded', data: settled }, 'b')).toEqual([
      { debitAccount: 'suspense', creditAccount: 'b', ...whole },
    ]);
    const { balanceMinor: _, ...parked } = { ...terms, refusal, refundRefusal: refusal };
    expect(entriesOf({ type: 'RefundParked', data: parked }, '')).toEqual([
      { debitAccount: 'transit', creditAccount: 'suspense', ...whole },
    ]);
  });

  test('a transfer of one currency without a fee is one entry at its arrival', () => {
    const plain = { ...terms, feeMinor: 0n, creditMinor: 30n, creditCurrency: 'EUR' };
    expect(entriesOf({ type: 'TransferCredited', data: plain }, 'b')).toEqual([
      { debitAccount: 'transit', creditAccount: 'b', amountMinor: 30n, currency: 'EUR' },
    ]);
  });
});

test('an event that moves no money has no entry and changes nothing', () => {
  const frozen = { type: 'AccountFrozen', data: { reason: 'r' } } as const;
  expect([isMoneyEvent(frozen), entriesOf(frozen, 'a')]).toEqual([false, []]);
});
