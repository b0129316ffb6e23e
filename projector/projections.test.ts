import { expect, test } from 'vitest';
import type { DomainEvent } from '../domain/events.ts';
import type { AccountId, TransferId } from '../domain/ids.ts';
import { encodeEvent } from '../sql/codec.ts';
import { next } from './balances.ts';
import { toEntry } from './journal.ts';
import type { Step } from './projection.ts';
import { toTransaction } from './transactions.ts';
import { merge, toTransfer } from './transfers.ts';

const account = (id: string) => id as AccountId;
const terms = {
  transferId: 't1' as TransferId,
  from: account('a'),
  to: account('b'),
  amountMinor: 30n,
  currency: 'EUR',
  description: null,
  reference: null,
  metadata: {},
};
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

test('a deposit is a transaction under its command, opening at the balance before it', () => {
  expect(toTransaction(step({ type: 'MoneyDeposited', data: cash }, 2))).toMatchObject({
    transactionId: 'c1',
    type: 'deposit',
    amountMinor: 50n,
    openingBalanceMinor: 30n,
    closingBalanceMinor: 80n,
    transferId: null,
  });
});

test('a withdrawal and a debit have negative amounts', () => {
  expect(toTransaction(step({ type: 'MoneyWithdrawn', data: cash }, 2))).toMatchObject({
    amountMinor: -50n,
    openingBalanceMinor: 130n,
  });
  expect(
    toTransaction(step({ type: 'TransferDebited', data: { ...terms, balanceMinor: 20n } }, 3)),
  ).toMatchObject({
    transactionId: 't1:debit',
    type: 'transfer_debit',
    amountMinor: -30n,
    openingBalanceMinor: 50n,
    transferId: 't1',
    counterpartyId: 'b',
  });
});

test('an event that moves no money is neither a transaction nor an entry', () => {
  const frozen = step({ type: 'AccountFrozen', data: { reason: 'audit' } });
  expect(toTransaction(frozen)).toBeNull();
  expect(toEntry(frozen)).toBeNull();
  expect(toEntry(step({ type: 'CreditRefused', data: { ...terms, refusal } }, 1, 'transfer-t1'))).toBeNull();
});

test('every money event is an entry between an account and a system account', () => {
  const sides = (fact: DomainEvent, streamId = 'account-a') => {
    const entry = toEntry(step(fact, 1, streamId));
    return [entry?.debitAccount, entry?.creditAccount];
  };
  const moved = { ...terms, balanceMinor: 0n };
  expect(sides({ type: 'MoneyDeposited', data: cash })).toEqual(['external', 'a']);
  expect(sides({ type: 'MoneyWithdrawn', data: cash })).toEqual(['a', 'external']);
  expect(sides({ type: 'TransferDebited', data: moved })).toEqual(['a', 'transit']);
  expect(sides({ type: 'TransferCredited', data: moved }, 'account-b')).toEqual(['transit', 'b']);
  expect(sides({ type: 'TransferRefunded', data: { ...moved, refusal } })).toEqual(['transit', 'a']);
  expect(
    sides({ type: 'RefundParked', data: { ...terms, refusal, refundRefusal: refusal } }, 'transfer-t1'),
  ).toEqual(['transit', 'suspense']);
});

test('a transfer merges to the same row in whichever order its events come', () => {
  const rows = [
    toTransfer(step({ type: 'TransferDebited', data: { ...terms, balanceMinor: 0n } }, 7))!,
    toTransfer(step({ type: 'CreditRefused', data: { ...terms, refusal } }, 1, 'transfer-t1'))!,
    toTransfer(step({ type: 'TransferRefunded', data: { ...terms, balanceMinor: 30n, refusal } }, 8))!,
  ];
  const [merged] = merge(rows);
  expect(merged).toMatchObject({ debitVersion: 7, refundVersion: 8, refusal, firstPosition: 11n });
  expect(merge([...rows].reverse())).toEqual([merged]);
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
