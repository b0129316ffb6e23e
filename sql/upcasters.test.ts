import { describe, expect, test } from 'vitest';
import { NO_LIMITS } from '../domain/account.ts';
import { isFinal } from '../domain/transfer.ts';
import {
  decodeAccount,
  decodeEvent,
  decodeTransfer,
  EVENT_TYPES,
  encodeEvent,
  type StoredEvent,
} from './codec.ts';
import { readVersion1, readVersion2 } from './fixtures/read-fixtures.ts';
import { hashEvent, NO_HASH } from './hash.ts';
import { SCHEMA_VERSION } from './upcasters.ts';

const old = readVersion1().events;
const today = readVersion2();

/** The first event of a type that version 1 stored. */
function stored(type: string): StoredEvent {
  const event = old.find((one) => one.type === type);
  if (event === undefined) throw new Error(`there is no fixture of ${type}`);
  return event;
}

/** What every transfer of version 1 is: its destination gets what its source gives. */
const plain = (amountMinor: bigint) => ({
  ...{ amountMinor, currency: 'EUR', feeMinor: 0n, creditMinor: amountMinor, creditCurrency: 'EUR' },
  ...{ quoteId: null, rate: null, reverses: null, holdId: null },
  ...{ description: 'Rent', metadata: { invoice: 17 } },
});
const paid = { ...plain(1_000n), transferId: 'paid', from: 'ada', to: 'ben', reference: 'ref-paid' };
const refunded = {
  ...plain(200n),
  transferId: 'refunded',
  from: 'ada',
  to: 'ben',
  reference: 'ref-refunded',
};
const rejected = {
  ...plain(9_000n),
  transferId: 'rejected',
  from: 'cleo',
  to: 'ada',
  reference: 'ref-rejected',
};
const cancelled = {
  ...plain(10n),
  transferId: 'cancelled',
  from: 'ada',
  to: 'cleo',
  reference: 'ref-cancelled',
};
const parked = { ...plain(700n), transferId: 'parked', from: 'cleo', to: 'nobody', reference: 'ref-parked' };
const opened = {
  ownerId: 'c1',
  name: 'Account ada',
  currency: 'EUR',
  metadata: { vip: true, feeMinor: '1' },
};
const cash = { currency: 'EUR', metadata: {} };
const frozen = { code: 'account-frozen', detail: 'Account ben is frozen.' };
const missing = { code: 'account-not-found', detail: 'There is no account nobody.' };
const late = { code: 'deadline-exceeded', detail: 'It took too long.' };

describe('an event of version 1', () => {
  test.each<[string, object]>([
    ['AccountOpened', { ...opened, accountId: 'ada', overdraftLimitMinor: 0n }],
    [
      'MoneyDeposited',
      { ...cash, amountMinor: 10_000n, balanceMinor: 10_000n, description: 'Initial deposit' },
    ],
    ['MoneyWithdrawn', { ...cash, amountMinor: 50n, balanceMinor: 10_200n, description: 'Cash' }],
    ['TransferDebited', { ...paid, balanceMinor: 9_200n }],
    ['TransferCredited', { ...paid, balanceMinor: -2_000n }],
    [
      'TransferRefunded',
      {
        ...{ ...refunded, balanceMinor: 9_200n, refusal: frozen },
        ...{ refundedTo: 'ada', paidFrom: 'transit', debitedAt: null },
      },
    ],
    ['AccountFrozen', { reason: 'for the record' }],
    ['AccountUnfrozen', { reason: 'for the record' }],
    ['AccountClosed', { reason: 'for the record' }],
    [
      'TransferRejected',
      {
        ...rejected,
        refusal: { code: 'insufficient-funds', detail: 'Account cleo has too little available.' },
      },
    ],
    ['TransferCancelled', { ...cancelled, refusal: late }],
    ['CreditRefused', { ...refunded, refusal: frozen }],
    [
      'RefundParked',
      {
        ...parked,
        refusal: missing,
        refundRefusal: { code: 'account-closed', detail: 'Account cleo is closed.' },
      },
    ],
  ])('%s is read as today would have written it', (type, data) => {
    expect(decodeEvent(stored(type))).toEqual({ type, data });
  });

  test('keeps its place in the chain of hashes, and today’s events go on from it', () => {
    const chains = new Map<string, string>();
    for (const { hash, ...event } of old) {
      expect(hashEvent(chains.get(event.streamId) ?? NO_HASH, event)).toBe(hash);
      chains.set(event.streamId, hash);
    }
    const { hash: _, ...last } = stored('TransferDebited');
    const next = { ...last, ...today[0]! };
    const before = chains.get(last.streamId) ?? NO_HASH;
    expect(hashEvent(before, next)).not.toBe(hashEvent(before, { ...next, schemaVersion: 1 }));
    expect(old.every(({ schemaVersion }) => schemaVersion === 1)).toBe(true);
  });
});

describe('an event of today', () => {
  test('has a fixture of every type', () => {
    expect(today.map(({ type }) => type).sort()).toEqual([...EVENT_TYPES].sort());
    expect(today.every(({ schemaVersion }) => schemaVersion === SCHEMA_VERSION)).toBe(true);
  });

  test.each(today.map((fixture) => [fixture.type, fixture] as const))(
    '%s is read and written alike',
    (_, fixture) => {
      expect(JSON.parse(JSON.stringify(encodeEvent(decodeEvent(fixture))))).toEqual(fixture);
    },
  );

  test.each(today.map((fixture) => [fixture.type, fixture] as const))(
    '%s is refused where a field is missing or new',
    (_, fixture) => {
      const [first = ''] = Object.keys(fixture.data);
      const { [first]: __, ...less } = fixture.data;
      expect(() => decodeEvent({ ...fixture, data: less })).toThrow();
      expect(() => decodeEvent({ ...fixture, data: { ...fixture.data, surprise: 1 } })).toThrow();
    },
  );
});

test.each([0, -1, 1.5, SCHEMA_VERSION + 1])(
  'version %s is refused: a guess could move money',
  (schemaVersion) => {
    expect(() => decodeEvent({ ...stored('MoneyDeposited'), schemaVersion })).toThrow(
      'nothing here can read',
    );
  },
);

test('data that is no object, and a type that nobody knows, are refused', () => {
  expect(() => decodeEvent({ ...stored('MoneyDeposited'), data: null })).toThrow();
  expect(() => decodeEvent({ ...stored('MoneyDeposited'), type: 'MoneyPrinted' })).toThrow(
    'unknown event type',
  );
});

test('a head of version 1, as a process that was still at work may have written it, is read as the migration would', () => {
  const { heads } = readVersion1();
  for (const { streamId, state, updatedAt } of heads) {
    if (streamId.startsWith('account-')) {
      expect(decodeAccount(state)).toMatchObject({ limits: NO_LIMITS, holds: {}, outgoing: null });
    } else {
      const transfer = decodeTransfer(state, updatedAt);
      expect(transfer).toMatchObject({ feeMinor: 0n, creditMinor: transfer.amountMinor, executeAt: null });
      expect([transfer.creditCurrency, transfer.approval]).toEqual([transfer.currency, null]);
      expect(transfer.finishedAt).toBe(isFinal(transfer.status) ? updatedAt : null);
    }
  }
});

test('a head of today that has lost a part is refused, not completed', () => {
  for (const { streamId, state } of readVersion1().heads) {
    const today = streamId.startsWith('account-')
      ? Object.assign({}, state, { limits: NO_LIMITS })
      : Object.assign({}, state, { feeMinor: '0' });
    expect(() => (streamId.startsWith('account-') ? decodeAccount : decodeTransfer)(today)).toThrow();
  }
});
