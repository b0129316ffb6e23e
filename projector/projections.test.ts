import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../domain/events.ts';
import type { AccountId, HoldId, TransferId } from '../domain/ids.ts';
import { completeTerms } from '../domain/terms.ts';
import { encodeEvent } from '../sql/codec.ts';
import type { Step } from '../sql/projections/step.ts';
import { toTransactions } from '../sql/projections/transaction-rows.ts';
import { mergeRows, toTransfers } from '../sql/projections/transfer-rows.ts';
import { next } from './balances.ts';
import { toEntries } from './journal.ts';

const account = (id: string) => id as AccountId;
const terms = completeTerms({
  transferId: 't1' as TransferId,
  from: account('a'),
  to: account('b'),
  amountMinor: 30n,
  currency: 'EUR',
  description: null,
  reference: null,
  metadata: {},
});
const refusal = { code: 'account-closed', detail: 'Account b is closed.' } as const;
const opened = {
  accountId: account('a'),
  ownerId: null,
  name: null,
  currency: 'EUR',
  overdraftLimitMinor: 0n,
  metadata: {},
};
const cash = { amountMinor: 50n, currency: 'EUR', balanceMinor: 80n, description: 'Salary', metadata: {} };

function step(fact: DomainEvent, version = 1, streamId = 'account-a'): Step {
  const event = {
    ...encodeEvent(fact),
    tenant: 'test',
    streamId,
    version,
    position: BigInt(version) + 10n,
    metadata: { commandId: 'c1', correlationId: 'c1', causationId: 'c1', actor: 'me' },
    occurredAt: '2026-01-01T00:00:00.000Z',
    hash: '',
  };
  return { event, fact };
}

const back = { refusal, refundedTo: account('a'), paidFrom: 'transit', debitedAt: null } as const;
const holdId = 'h1' as HoldId;
const fee = { ...terms, feeMinor: 2n };
const exchange = { ...fee, creditMinor: 4_500n, creditCurrency: 'JPY' };

const transaction = (fact: DomainEvent, version = 2, streamId = 'account-a') =>
  toTransactions(step(fact, version, streamId))[0];

test('a deposit is a transaction under its command, opening at the balance before it', () => {
  expect(transaction({ type: 'MoneyDeposited', data: cash })).toMatchObject({
    transactionId: 'c1',
    type: 'deposit',
    amountMinor: 50n,
    openingBalanceMinor: 30n,
    closingBalanceMinor: 80n,
    transferId: null,
  });
});

test('a withdrawal and a debit have negative amounts', () => {
  expect(transaction({ type: 'MoneyWithdrawn', data: cash })).toMatchObject({
    amountMinor: -50n,
    openingBalanceMinor: 130n,
  });
  expect(transaction({ type: 'TransferDebited', data: { ...terms, balanceMinor: 20n } })).toMatchObject({
    transactionId: 't1:debit',
    type: 'transfer_debit',
    amountMinor: -30n,
    openingBalanceMinor: 50n,
    transferId: 't1',
    counterpartyId: 'b',
  });
});

test('a debit and its refund are the amount with its fee, a credit is what arrives', () => {
  const data = { ...exchange, balanceMinor: 5_000n };
  expect(transaction({ type: 'TransferDebited', data })).toMatchObject({
    amountMinor: -32n,
    currency: 'EUR',
  });
  expect(transaction({ type: 'TransferRefunded', data: { ...data, ...back } })).toMatchObject({
    amountMinor: 32n,
    currency: 'EUR',
  });
  expect(transaction({ type: 'TransferCredited', data }, 2, 'account-b')).toMatchObject({
    amountMinor: 4_500n,
    currency: 'JPY',
    openingBalanceMinor: 500n,
    counterpartyId: 'a',
  });
});

test('a capture is a debit, and a refund that was settled elsewhere is one of that account', () => {
  const captured = { ...fee, holdId, balanceMinor: 20n, heldMinor: 0n, releasedMinor: 3n };
  expect(transaction({ type: 'HoldCaptured', data: captured })).toMatchObject({
    transactionId: 't1:debit',
    type: 'transfer_debit',
    amountMinor: -32n,
  });
  const settled = {
    ...fee,
    ...back,
    refundedTo: account('c'),
    paidFrom: 'suspense',
    balanceMinor: 32n,
  } as const;
  expect(transaction({ type: 'TransferRefunded', data: settled }, 2, 'account-c')).toMatchObject({
    accountId: 'c',
    type: 'transfer_refund',
    amountMinor: 32n,
    counterpartyId: 'a',
  });
});

test('an event that moves no money is neither a transaction nor an entry', () => {
  const held = { holdId, amountMinor: 5n, currency: 'EUR', heldMinor: 5n };
  const none: DomainEvent[] = [
    { type: 'AccountFrozen', data: { reason: 'audit' } },
    { type: 'FundsHeld', data: { ...held, expiresAt: null, description: null, metadata: {} } },
    { type: 'HoldReleased', data: { ...held, why: 'voided', reason: 'r' } },
    { type: 'CreditRefused', data: { ...terms, refusal } },
  ];
  for (const fact of none) expect([toTransactions(step(fact)), toEntries(step(fact))]).toEqual([[], []]);
});

describe('every money event has its entries', () => {
  const moved = { ...fee, balanceMinor: 0n };
  const settled = { ...moved, ...back, refundedTo: account('c'), paidFrom: 'suspense' } as const;
  test.each<[DomainEvent, string, string[]]>([
    [{ type: 'MoneyDeposited', data: cash }, 'account-a', ['external a 50 EUR']],
    [{ type: 'MoneyWithdrawn', data: cash }, 'account-a', ['a external 50 EUR']],
    [{ type: 'TransferDebited', data: moved }, 'account-a', ['a transit 32 EUR']],
    [
      { type: 'HoldCaptured', data: { ...moved, holdId, heldMinor: 0n, releasedMinor: 1n } },
      'account-a',
      ['a transit 32 EUR'],
    ],
    [{ type: 'TransferCredited', data: { ...terms, balanceMinor: 0n } }, 'account-b', ['transit b 30 EUR']],
    [{ type: 'TransferCredited', data: moved }, 'account-b', ['transit b 30 EUR', 'transit fees 2 EUR']],
    [
      { type: 'TransferCredited', data: { ...exchange, balanceMinor: 0n } },
      'account-b',
      ['transit fx 30 EUR', 'fx b 4500 JPY', 'transit fees 2 EUR'],
    ],
    [{ type: 'TransferRefunded', data: { ...moved, ...back } }, 'account-a', ['transit a 32 EUR']],
    [{ type: 'TransferRefunded', data: settled }, 'account-c', ['suspense c 32 EUR']],
    [
      { type: 'RefundParked', data: { ...fee, refusal, refundRefusal: refusal } },
      'transfer-t1',
      ['transit suspense 32 EUR'],
    ],
  ])('$type', (fact, streamId, expected) => {
    const entries = toEntries(step(fact, 1, streamId));
    expect(
      entries.map((one) => `${one.debitAccount} ${one.creditAccount} ${one.amountMinor} ${one.currency}`),
    ).toEqual(expected);
    expect(entries.map(({ entry }) => entry)).toEqual(expected.map((_, at) => at));
  });
});

/** Every order of the items. */
function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => orders(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

test('a transfer merges to the same row in whichever order its events come', () => {
  const parked = { ...refusal, detail: 'Account a is closed.' };
  const settled = { ...refusal, detail: 'Settled.' };
  const steps = [
    step({ type: 'TransferDebited', data: { ...terms, balanceMinor: 0n } }, 7),
    step({ type: 'CreditRefused', data: { ...terms, refusal } }, 1, 'transfer-t1'),
    step(
      { type: 'RefundParked', data: { ...terms, refusal: parked, refundRefusal: refusal } },
      2,
      'transfer-t1',
    ),
    step(
      {
        type: 'TransferRefunded',
        data: {
          ...terms,
          ...back,
          balanceMinor: 30n,
          refusal: settled,
          refundedTo: account('c'),
          paidFrom: 'suspense',
        },
      },
      8,
      'account-c',
    ),
  ];
  for (const order of orders(steps.flatMap(toTransfers))) {
    expect(mergeRows(order)).toMatchObject([
      {
        facts: { debitVersion: 7, settleVersion: 8, settleAccountId: 'c', parkedAt: expect.any(String) },
        refusal: settled,
        firstPosition: 11n,
      },
    ]);
  }
});

test('of the reversals of a transfer the newest says the sum, however often and late the others come', () => {
  const reversal = (reversedMinor: bigint, version: number, type: 'ReversalDebited' | 'ReversalRefunded') =>
    step({ type, data: { ...terms, reversalId: 'r' as TransferId, reversedMinor } }, version, 'transfer-t1');
  const rows = [
    reversal(10n, 1, 'ReversalDebited'),
    reversal(30n, 2, 'ReversalDebited'),
    reversal(10n, 3, 'ReversalRefunded'),
    reversal(30n, 2, 'ReversalDebited'),
  ].flatMap(toTransfers);
  for (const order of orders(rows)) expect(mergeRows(order)[0]?.reversed).toEqual({ minor: 10n, version: 3 });
});

test('a balance follows its events and refuses what does not fit', () => {
  const created = next(null, step({ type: 'AccountOpened', data: opened }).event, {
    type: 'AccountOpened',
    data: opened,
  });
  expect(created).toMatchObject({ version: 1, position: 11n, account: { balanceMinor: 0n, status: 'open' } });
  const wrong: DomainEvent = { type: 'MoneyDeposited', data: cash };
  expect(() => next(created, step(wrong, 2).event, wrong)).toThrow('do not make 80');
  const foreign: DomainEvent = { type: 'RefundParked', data: { ...terms, refusal, refundRefusal: refusal } };
  expect(() => next(created, step(foreign, 2).event, foreign)).toThrow('does not belong');
});
