import { describe, expect, test } from 'vitest';
import type { LegEvent, TransferEvent } from './events.ts';
import type { AccountId, TransferId } from './ids.ts';
import { completeTerms } from './terms.ts';
import { evolveTransfer, hasWaited, isFinal, type TransferState } from './transfer.ts';

const terms = completeTerms({
  ...{ transferId: 't' as TransferId, from: 'a' as AccountId, to: 'b' as AccountId },
  ...{ amountMinor: 5n, currency: 'EUR', description: null, reference: null, metadata: {} },
});
const why = { code: 'account-closed', detail: 'd' } as const;
type Type = (LegEvent | TransferEvent)['type'];
/** `settle` is the refund of a parked transfer: the same event out of suspense. */
type Name = Type | 'settle';

/** An event of any type: one that has all that any of them needs. */
const event = (name: Name, more: object = {}) => {
  const type = name === 'settle' ? 'TransferRefunded' : name;
  const paidFrom = name === 'settle' ? 'suspense' : 'transit';
  const refund = { refusal: why, refundRefusal: why, refundedTo: terms.from, paidFrom, debitedAt: null };
  const waits = { executeAt: 'then', thresholdMinor: 1n, expiresAt: 'later' };
  const reversal = { reversalId: 'r', reversedMinor: 1n };
  return { type, data: { ...terms, balanceMinor: 0n, ...refund, ...waits, ...reversal, ...more } } as
    | LegEvent
    | TransferEvent;
};
const stateAfter = (...names: Name[]) =>
  names.reduce<TransferState>(
    (state, name, at) => evolveTransfer(state, event(name), { version: at + 1, occurredAt: `${at}` }),
    null,
  );

describe('a transfer', () => {
  test('keeps what was asked of a person, and the answer', () => {
    expect(stateAfter('ApprovalRequested')?.approval).toEqual({
      ...{ thresholdMinor: 1n, expiresAt: 'later', approved: false },
    });
    expect(stateAfter('ApprovalRequested', 'TransferApproved')?.approval).toEqual({
      ...{ thresholdMinor: 1n, expiresAt: 'later', approved: true },
    });
  });

  test.each<[string, Name[], string]>([
    ['scheduled', ['TransferScheduled'], ''],
    ['awaiting_approval', ['ApprovalRequested'], ''],
    ['awaiting_approval', ['TransferScheduled', 'ApprovalRequested'], ''],
    ['requested', ['ApprovalRequested', 'TransferApproved'], ''],
    ['debited', ['TransferScheduled', 'TransferDebited'], 'debit'],
    ['debited', ['ApprovalRequested', 'TransferApproved', 'TransferDebited'], 'debit'],
    ['debited', ['TransferDebited'], 'debit'],
    ['debited', ['HoldCaptured'], 'debit'],
    ['completed', ['TransferDebited', 'TransferCredited'], 'debit,credit'],
    [
      'completed',
      ['HoldCaptured', 'TransferCredited', 'ReversalDebited', 'ReversalRefunded'],
      'debit,credit',
    ],
    ['rejected', ['TransferRejected'], ''],
    ['rejected', ['ApprovalRequested', 'TransferRejected'], ''],
    ['cancelled', ['TransferCancelled'], ''],
    ['cancelled', ['TransferScheduled', 'TransferCancelled'], ''],
    ['refunded', ['TransferDebited', 'CreditRefused', 'TransferRefunded'], 'debit,refund'],
    ['needs_attention', ['TransferDebited', 'CreditRefused', 'RefundParked'], 'debit'],
    ['refunded', ['TransferDebited', 'RefundParked', 'settle', 'TransferSettled'], 'debit,settle'],
  ])('is %s after %s', (status, names, legs) => {
    const state = stateAfter(...names);
    expect([state?.status, state?.legs.map(({ leg }) => leg).join()]).toEqual([status, legs]);
    const pending = ['scheduled', 'awaiting_approval', 'requested', 'debited'].includes(status);
    expect(isFinal(state!.status)).toBe(!pending);
    expect(state?.finishedAt === null).toBe(pending);
  });

  test.each<Name[][]>([
    [['TransferCredited']],
    [['TransferDebited', 'TransferDebited']],
    [['HoldCaptured', 'TransferDebited']],
    [['TransferDebited', 'TransferCredited', 'TransferRefunded']],
    [['TransferDebited', 'TransferRefunded', 'TransferCredited']],
    [['TransferDebited', 'TransferRefunded', 'TransferRefunded']],
    [['TransferDebited', 'RefundParked', 'settle', 'settle']],
    [['TransferCancelled', 'TransferDebited']],
    [['TransferRejected', 'TransferDebited']],
    [['ApprovalRequested', 'TransferDebited']],
    [['TransferApproved']],
    [['TransferDebited', 'TransferCancelled']],
    [['TransferDebited', 'TransferScheduled']],
    [['TransferDebited', 'ReversalDebited']],
    [['TransferDebited', 'RefundParked', 'TransferSettled']],
  ])('cannot go through %s', (names) => {
    expect(() => stateAfter(...names)).toThrow('cannot follow');
  });

  test('that is parked is not refunded out of transit, nor one in flight out of suspense', () => {
    expect(() => stateAfter('TransferDebited', 'RefundParked', 'TransferRefunded')).toThrow('is in suspense');
    expect(() => stateAfter('TransferDebited', 'settle')).toThrow('is in transit');
  });

  test('is finished when it ends, and again when an operator settles it; a reversal does not change that', () => {
    expect(stateAfter('TransferDebited', 'RefundParked')?.finishedAt).toBe('1');
    expect(stateAfter('TransferDebited', 'RefundParked', 'settle', 'TransferSettled')?.finishedAt).toBe('2');
    expect(stateAfter('TransferDebited', 'TransferCredited', 'ReversalDebited')?.finishedAt).toBe('1');
  });

  test('is never reversed by less than nothing or more than it moved', () => {
    const completed = stateAfter('TransferDebited', 'TransferCredited');
    const reverse = (reversedMinor: bigint) =>
      evolveTransfer(completed, event('ReversalDebited', { reversedMinor }), { version: 1, occurredAt: '3' });
    expect(reverse(5n).reversedMinor).toBe(5n);
    expect(() => reverse(6n)).toThrow('cannot be reversed');
    expect(() => reverse(-1n)).toThrow('cannot be reversed');
  });

  test('has waited once it was scheduled or a person was asked', () => {
    expect([null, stateAfter('TransferDebited')].map(hasWaited)).toEqual([false, false]);
    expect([stateAfter('TransferScheduled'), stateAfter('ApprovalRequested')].map(hasWaited)).toEqual([
      true,
      true,
    ]);
    expect(hasWaited(stateAfter('TransferScheduled', 'TransferDebited', 'TransferCredited'))).toBe(true);
  });
});
