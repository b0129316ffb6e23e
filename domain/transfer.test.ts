import { describe, expect, test } from 'vitest';
import type { LegEvent, TransferEvent, TransferTerms } from './events.ts';
import type { AccountId, TransferId } from './ids.ts';
import { evolveTransfer, isFinal, type TransferState } from './transfer.ts';

const terms: TransferTerms = {
  transferId: 't' as TransferId,
  from: 'a' as AccountId,
  to: 'b' as AccountId,
  amountMinor: 5n,
  currency: 'EUR',
  description: null,
  reference: null,
  metadata: {},
};
const why = { code: 'account-closed', detail: 'd' } as const;
const event = (type: (LegEvent | TransferEvent)['type']) =>
  ({ type, data: { ...terms, balanceMinor: 0n, refusal: why, refundRefusal: why } }) as
    | LegEvent
    | TransferEvent;
const stateAfter = (...types: (LegEvent | TransferEvent)['type'][]) =>
  types.reduce<TransferState>(
    (state, type, at) => evolveTransfer(state, event(type), { version: at + 1, occurredAt: 'now' }),
    null,
  );

describe('a transfer', () => {
  test.each<[string, (LegEvent | TransferEvent)['type'][], string]>([
    ['debited', ['TransferDebited'], 'debit'],
    ['completed', ['TransferDebited', 'TransferCredited'], 'debit,credit'],
    ['rejected', ['TransferRejected'], ''],
    ['cancelled', ['TransferCancelled'], ''],
    ['refunded', ['TransferDebited', 'CreditRefused', 'TransferRefunded'], 'debit,refund'],
    ['needs_attention', ['TransferDebited', 'CreditRefused', 'RefundParked'], 'debit'],
  ])('is %s after %s', (status, types, legs) => {
    const state = stateAfter(...types);
    expect([state?.status, state?.legs.map(({ leg }) => leg).join()]).toEqual([status, legs]);
    expect(isFinal(state!.status)).toBe(status !== 'debited');
  });

  test.each<(LegEvent | TransferEvent)['type'][][]>([
    [['TransferCredited']],
    [['TransferDebited', 'TransferDebited']],
    [['TransferDebited', 'TransferCredited', 'TransferRefunded']],
    [['TransferDebited', 'TransferRefunded', 'TransferCredited']],
    [['TransferDebited', 'TransferRefunded', 'TransferRefunded']],
    [['TransferCancelled', 'TransferDebited']],
    [['TransferRejected', 'TransferDebited']],
  ])('cannot go through %s', (types) => {
    expect(() => stateAfter(...types)).toThrow('cannot follow');
  });
});
