import { describe, expect, test } from 'vitest';
import { evolve } from './account-decider.ts';
import type { AccountId, TransferId } from './ids.ts';
import { completeTerms } from './terms.ts';
import { type Approval, requested, type Transfer, type TransferStatus } from './transfer.ts';
import { decideApprove, decideCancel, decideDecline, decideSettlement } from './transfer-actions.ts';

const NOW = '2026-08-01T12:00:00.000Z';
const LATER = '2026-08-01T13:00:00.000Z';
const [A, B, C] = ['a', 'b', 'c'] as AccountId[] as [AccountId, AccountId, AccountId];
const terms = completeTerms({
  ...{ transferId: 't' as TransferId, from: A, to: B, amountMinor: 30n, feeMinor: 2n, currency: 'EUR' },
  ...{ description: null, reference: null, metadata: {} },
});
const asked: Approval = { thresholdMinor: 1n, expiresAt: LATER, approved: false };
const transfer = (status: TransferStatus, more: Partial<Transfer> = {}): Transfer => ({
  ...requested(terms),
  status,
  ...more,
});
const waiting = transfer('awaiting_approval', { approval: asked });
type Decided = ReturnType<typeof decideApprove> | ReturnType<typeof decideSettlement>;
const told = (decision: Decided) =>
  decision.ok ? decision.events.map(({ type }) => type) : decision.refusal.code;

describe('a cancellation', () => {
  test.each<[TransferStatus, boolean, unknown]>([
    ['scheduled', false, ['TransferCancelled']],
    ['awaiting_approval', false, ['TransferCancelled']],
    ['requested', false, ['TransferCancelled']],
    ['requested', true, 'transfer-final'],
    ['debited', true, 'transfer-final'],
    ['completed', true, 'transfer-final'],
  ])('of a transfer that is %s, its debit decided: %s', (status, debitDecided, expected) => {
    expect(told(decideCancel(transfer(status), debitDecided, 'why'))).toEqual(expected);
  });

  test('says whose wish it was, and keeps the terms', () => {
    const decision = decideCancel(transfer('scheduled'), false, 'why');
    const data = { ...terms, refusal: { code: 'cancelled', detail: 'It was cancelled: why' } };
    expect(decision).toEqual({ ok: true, events: [{ type: 'TransferCancelled', data }] });
  });

  test('that is too late says whether the transfer has ended or is on its way', () => {
    const detail = (status: TransferStatus) => {
      const decision = decideCancel(transfer(status), true, 'why');
      return decision.ok ? '' : decision.refusal.detail;
    };
    expect(detail('debited')).toMatch(/is debited: it comes to its own end/);
    expect(detail('completed')).toMatch(/has ended: it is completed/);
  });
});

describe('an approval and a decline', () => {
  test.each<[string, Transfer, string, unknown]>([
    ['in time', waiting, NOW, null],
    ['at the last instant', waiting, LATER, 'not-awaiting-approval'],
    ['of one that was approved', transfer('requested', { approval: asked }), NOW, 'not-awaiting-approval'],
    ['of one that nobody was asked about', transfer('awaiting_approval'), NOW, 'not-awaiting-approval'],
    ['of one that is scheduled', transfer('scheduled'), NOW, 'not-awaiting-approval'],
    ['of one that has ended', transfer('cancelled', { approval: asked }), NOW, 'transfer-final'],
  ])('%s', (_, given, at, refused) => {
    expect(told(decideApprove(given, 'why', at))).toEqual(refused ?? ['TransferApproved']);
    expect(told(decideDecline(given, 'why', at))).toEqual(refused ?? ['TransferRejected']);
  });

  test('keep the terms and the reason', () => {
    const approved = { type: 'TransferApproved', data: { ...terms, reason: 'why' } };
    expect(decideApprove(waiting, 'why', NOW)).toEqual({ ok: true, events: [approved] });
    const refusal = { code: 'declined', detail: 'It was declined: why' };
    const rejected = { type: 'TransferRejected', data: { ...terms, refusal } };
    expect(decideDecline(waiting, 'why', NOW)).toEqual({ ok: true, events: [rejected] });
  });
});

describe('a settlement', () => {
  const refusal = { code: 'account-closed', detail: 'd' } as const;
  const legs = [{ leg: 'debit' as const, accountId: A, version: 3, occurredAt: NOW }];
  const parked = transfer('needs_attention', { refusal, legs });
  const open = (accountId: AccountId) => {
    const data = {
      accountId,
      ownerId: null,
      name: null,
      currency: 'EUR',
      overdraftLimitMinor: 0n,
      metadata: {},
    };
    return evolve(null, { type: 'AccountOpened', data }, NOW);
  };

  test('pays the amount and its fee out of suspense, to whom the operator says', () => {
    const money = { refundedTo: C, paidFrom: 'suspense', debitedAt: NOW, balanceMinor: 32n };
    const event = { type: 'TransferRefunded', data: { ...terms, refusal, ...money } };
    expect(decideSettlement(parked, C, open(C), LATER)).toEqual({ ok: true, events: [event] });
  });

  test.each<[string, Transfer]>([
    ['is in flight', transfer('debited', { refusal })],
    ['was refunded', transfer('refunded', { refusal })],
    ['has no reason', { ...parked, refusal: null }],
  ])('of one that %s is refused', (_, given) => {
    expect(told(decideSettlement(given, C, open(C), LATER))).toBe('not-needing-attention');
  });

  test('is refused as its account refuses a refund', () => {
    expect(told(decideSettlement(parked, C, null, LATER))).toBe('account-not-found');
    expect(told(decideSettlement(parked, C, { ...open(C), status: 'closed' }, LATER))).toBe('account-closed');
    expect(told(decideSettlement(parked, C, { ...open(C), status: 'frozen' }, LATER))).toEqual([
      'TransferRefunded',
    ]);
  });
});
