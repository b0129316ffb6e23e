import { describe, expect, test } from 'vitest';
import { type Account, NO_LIMITS } from './account.ts';
import type { TransferTerms } from './events.ts';
import type { AccountId, HoldId, TransferId } from './ids.ts';
import { decideDebit, decideRefund, decideReversal, type TransferPolicy, undoReversal } from './legs.ts';
import { completeTerms } from './terms.ts';
import { requested, type Transfer } from './transfer.ts';

const AT = '2026-08-01T12:00:00.000Z';
const LATER = '2026-08-01T13:00:00.000Z';
const [A, B] = ['a', 'b'] as [AccountId, AccountId];
const POLICY: TransferPolicy = { approvalThresholds: new Map(), approvalTimeoutMs: 60_000 };
const asking = { ...POLICY, approvalThresholds: new Map([['EUR', 10n]]) };

const terms = (more: Partial<TransferTerms> = {}): TransferTerms =>
  completeTerms({
    ...{ transferId: 't' as TransferId, from: A, to: B, amountMinor: 5n, currency: 'EUR' },
    ...{ description: null, reference: null, metadata: {} },
    ...more,
  });
const source = (more: Partial<Account> = {}): Account => ({
  ...{ status: 'open', accountId: A, ownerId: null, name: null, currency: 'EUR', balanceMinor: 100n },
  ...{ heldMinor: 0n, overdraftLimitMinor: 0n, limits: NO_LIMITS, holds: {}, outgoing: null, metadata: {} },
  ...more,
});
type Case = {
  terms?: Partial<TransferTerms>;
  executeAt?: string;
  transfer?: Transfer;
  source?: Account | null;
  policy?: TransferPolicy;
  at?: string;
};
function debit(given: Case) {
  const request = { terms: terms(given.terms), executeAt: given.executeAt ?? null };
  const account = given.source === undefined ? source() : given.source;
  return decideDebit(request, given.transfer ?? null, account, given.policy ?? POLICY, given.at ?? AT);
}
/** What came of it: the events, the refusal's code, or until when it waits and the event that tells so. */
function told(given: Case) {
  const decision = debit(given);
  if (decision.ok === 'waits') return [decision.until, decision.event?.type ?? null];
  return decision.ok ? decision.events.map(({ type }) => type) : decision.refusal.code;
}
const asked = (approved: boolean): Transfer => {
  const approval = { thresholdMinor: 10n, expiresAt: LATER, approved };
  return { ...requested(terms()), status: approved ? 'requested' : 'awaiting_approval', approval };
};
const scheduled: Transfer = { ...requested(terms()), status: 'scheduled', executeAt: LATER };
const own = (approvalThresholdMinor: bigint) => source({ limits: { ...NO_LIMITS, approvalThresholdMinor } });

describe('a debit', () => {
  test.each<[string, Case, unknown]>([
    ['goes through', {}, ['TransferDebited']],
    [
      'to itself is refused before anything else',
      { terms: { to: A }, executeAt: LATER, source: null },
      'same-account',
    ],
    [
      'waits for its time before the source is asked',
      { executeAt: LATER, source: null },
      [LATER, 'TransferScheduled'],
    ],
    ['is told once that it waits', { executeAt: LATER, transfer: scheduled }, [LATER, null]],
    [
      'goes through when its time has come',
      { executeAt: LATER, transfer: scheduled, at: LATER },
      ['TransferDebited'],
    ],
    ['that is due already does not wait', { executeAt: AT }, ['TransferDebited']],
    ['up to the threshold asks nobody', { terms: { amountMinor: 10n }, policy: asking }, ['TransferDebited']],
    [
      'above the threshold asks',
      { terms: { amountMinor: 11n }, policy: asking },
      ['2026-08-01T12:01:00.000Z', 'ApprovalRequested'],
    ],
    [
      'does not count the fee for the threshold',
      { terms: { amountMinor: 10n, feeMinor: 1n }, policy: asking },
      ['TransferDebited'],
    ],
    [
      'in a currency without threshold asks nobody',
      {
        terms: { amountMinor: 50n, currency: 'USD', creditCurrency: 'USD' },
        source: source({ currency: 'USD' }),
        policy: asking,
      },
      ['TransferDebited'],
    ],
    [
      'goes by the threshold of the account first',
      { terms: { amountMinor: 50n }, source: own(60n), policy: asking },
      ['TransferDebited'],
    ],
    [
      'asks by the threshold of the account alone',
      { terms: { amountMinor: 3n }, source: own(2n) },
      ['2026-08-01T12:01:00.000Z', 'ApprovalRequested'],
    ],
    [
      'that would be refused asks nobody',
      { terms: { amountMinor: 101n }, policy: asking },
      'insufficient-funds',
    ],
    [
      'of a reversal asks nobody',
      { terms: { amountMinor: 50n, reverses: 'o' as TransferId }, policy: asking },
      ['TransferDebited'],
    ],
    ['waits for the answer', { transfer: asked(false) }, [LATER, null]],
    ['is refused when nobody answered in time', { transfer: asked(false), at: LATER }, 'approval-expired'],
    [
      'that was approved goes through, also later',
      { terms: { amountMinor: 50n }, transfer: asked(true), policy: asking, at: LATER },
      ['TransferDebited'],
    ],
    [
      'that was approved is still decided at the source',
      { transfer: asked(true), source: source({ balanceMinor: 0n }) },
      'insufficient-funds',
    ],
    [
      'asks when its time has come',
      { terms: { amountMinor: 50n }, executeAt: LATER, transfer: scheduled, policy: asking, at: LATER },
      ['2026-08-01T13:01:00.000Z', 'ApprovalRequested'],
    ],
  ])('%s', (_, given, expected) => {
    expect(told(given)).toEqual(expected);
  });
});

test('what a transfer waits for keeps its terms, its time and its threshold', () => {
  const wait = (given: Case) => {
    const decision = debit(given);
    return decision.ok === 'waits' ? decision.event?.data : decision;
  };
  expect(wait({ executeAt: LATER })).toMatchObject({ transferId: 't', executeAt: LATER });
  expect(wait({ source: own(4n) })).toMatchObject({ transferId: 't', thresholdMinor: 4n });
});

test('a capture takes from its hold, and asks nobody', () => {
  const holdId = 'h' as HoldId;
  const holds = { h: { amountMinor: 50n, expiresAt: null, placedAt: AT } };
  const given = {
    terms: { amountMinor: 50n, holdId },
    source: source({ heldMinor: 50n, holds }),
    policy: asking,
  };
  expect(told(given)).toEqual(['HoldCaptured']);
  expect(told({ ...given, source: source() })).toBe('hold-final');
});

test('a refund is decided as its account decides one', () => {
  const money = { refundedTo: A, paidFrom: 'transit' as const, debitedAt: null };
  const why = { code: 'account-closed' as const, detail: 'd' };
  const decision = decideRefund({ ...terms(), refusal: why, ...money }, source({}), LATER);
  expect(decision.ok && decision.events.map(({ type }) => type)).toEqual(['TransferRefunded']);
});

describe('a reversal', () => {
  const original = (reversedMinor: bigint, status: Transfer['status'] = 'completed'): Transfer => ({
    ...requested(terms({ amountMinor: 10n })),
    ...{ status, reversedMinor },
  });
  const reversal = (amountMinor: bigint, more = {}) => {
    const sides = { transferId: 'r' as TransferId, from: B, to: A, reverses: 't' as TransferId };
    return terms({ ...sides, amountMinor, ...more });
  };
  const code = (wish: TransferTerms, of: Transfer | null) => {
    const decision = decideReversal(wish, of);
    return decision.ok ? decision.event.data.reversedMinor : decision.refusal.code;
  };

  test('adds up to the original and no further', () => {
    expect(code(reversal(4n), original(0n))).toBe(4n);
    expect(code(reversal(6n), original(4n))).toBe(10n);
    expect(code(reversal(7n), original(4n))).toBe('reversal-exceeds-original');
    expect(code(reversal(1n), original(10n))).toBe('reversal-exceeds-original');
    expect(code(reversal(0n), original(10n))).toBe('reversal-exceeds-original');
  });

  test('counts what comes back in the currency of the original', () => {
    const exchanged = reversal(1_000n, { currency: 'JPY', creditMinor: 6n, creditCurrency: 'EUR' });
    expect(code(exchanged, original(4n))).toBe(10n);
    expect(code(exchanged, original(5n))).toBe('reversal-exceeds-original');
  });

  test('takes the share that is due now, whatever it was asked for with, and never nothing', () => {
    const exchange = { amountMinor: 10n, creditMinor: 3n, creditCurrency: 'JPY', quoteId: 'q', rate: '0.3' };
    const at = (reversedMinor: bigint) => ({ ...original(reversedMinor), ...terms(exchange), reversedMinor });
    const stale = reversal(2n, { currency: 'JPY', creditMinor: 4n, creditCurrency: 'EUR' });
    const shares = [0n, 3n, 6n].map((reversed) => {
      const decision = decideReversal(stale, at(reversed));
      return decision.ok ? [decision.terms.amountMinor, decision.terms.creditMinor] : decision.refusal.code;
    });
    expect(shares).toEqual([
      [1n, 4n],
      [2n, 4n],
      [2n, 4n],
    ]);
    expect(code(reversal(1n, { creditMinor: 1n }), at(0n))).toBe('amount-too-small');
    expect(code(reversal(1n, { creditMinor: 1n }), at(3n))).toBe(4n);
  });

  test.each(['debited', 'refunded', 'rejected', 'needs_attention'] as const)(
    'of one that is %s is refused',
    (status) => {
      expect(code(reversal(1n), original(0n, status))).toBe('reversal-exceeds-original');
      expect(code(reversal(1n), null)).toBe('reversal-exceeds-original');
    },
  );

  test('that came to nothing is taken off again, and is told of the original', () => {
    const event = undoReversal(reversal(4n), original(10n));
    expect(event.data).toMatchObject({ transferId: 't', reversalId: 'r', reversedMinor: 6n, from: A });
  });
});
