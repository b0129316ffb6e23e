import { describe, expect, test } from 'vitest';
import type { Account, AccountCommand, AccountState, LegCommand, LimitChanges } from './account.ts';
import { availableMinor } from './account.ts';
import { decide, evolve } from './account-decider.ts';
import type { AccountEvent, TransferTerms } from './events.ts';
import { MAX_OPEN_HOLDS } from './holds.ts';
import type { AccountId, HoldId, TransferId } from './ids.ts';
import { MAX_MINOR } from './money.ts';
import { completeTerms } from './terms.ts';

const A = 'a' as AccountId;
const DAY_1 = '2026-08-01T12:00:00.000Z';
const DAY_2 = '2026-08-02T12:00:00.000Z';

const opened = (overdraftLimitMinor = 0n): AccountEvent => ({
  type: 'AccountOpened',
  data: { accountId: A, ownerId: null, name: null, currency: 'EUR', overdraftLimitMinor, metadata: {} },
});
const deposited = (amountMinor: bigint, balanceMinor = amountMinor): AccountEvent => ({
  type: 'MoneyDeposited',
  data: { amountMinor, currency: 'EUR', balanceMinor, description: null, metadata: {} },
});
const limited = (limits: Partial<Record<'perTransferMinor' | 'dailyMinor', bigint>>): AccountEvent => ({
  type: 'LimitsChanged',
  data: {
    ...{ perTransferMinor: null, dailyMinor: null, approvalThresholdMinor: null },
    ...limits,
    overdraftLimitMinor: 0n,
    currency: 'EUR',
  },
});
const frozen: AccountEvent = { type: 'AccountFrozen', data: { reason: 'r' } };
const closed: AccountEvent = { type: 'AccountClosed', data: { reason: 'r' } };
const terms = (amountMinor: bigint, more: Partial<TransferTerms> = {}): TransferTerms =>
  completeTerms({
    ...{ transferId: 't' as TransferId, from: A, to: A, amountMinor, currency: 'EUR' },
    ...{ description: null, reference: null, metadata: {} },
    ...more,
  });
const cash = (amountMinor: bigint, currency = 'EUR') => ({
  ...{ accountId: A, amountMinor, currency, description: null, metadata: {} },
});
const deposit = (amountMinor: bigint, currency?: string): AccountCommand => ({
  type: 'deposit',
  data: cash(amountMinor, currency),
});
const withdraw = (amountMinor: bigint): AccountCommand => ({ type: 'withdraw', data: cash(amountMinor) });
const debit = (amountMinor: bigint, more?: Partial<TransferTerms>): LegCommand => ({
  type: 'debit',
  data: terms(amountMinor, more),
});
const credit = (amountMinor: bigint, more?: Partial<TransferTerms>): LegCommand => ({
  type: 'credit',
  data: terms(amountMinor, more),
});
const refund = (amountMinor: bigint, debitedAt: string | null = null, more = {}): LegCommand => ({
  type: 'refund',
  data: {
    ...terms(amountMinor, more),
    ...{ refusal: { code: 'account-closed', detail: 'd' }, refundedTo: A, paidFrom: 'transit', debitedAt },
  },
});
const hold = (amountMinor: bigint, id = 'h', more: object = {}): AccountCommand => ({
  type: 'placeHold',
  data: { ...cash(amountMinor), holdId: id as HoldId, expiresAt: null, ...more },
});
const release = (id = 'h', why: 'voided' | 'expired' = 'voided'): AccountCommand => ({
  type: 'releaseHold',
  data: { accountId: A, holdId: id as HoldId, why, reason: 'r' },
});
const capture = (amountMinor: bigint, id = 'h', more: Partial<TransferTerms> = {}): LegCommand => {
  const holdId = id as HoldId;
  return { type: 'capture', data: { ...terms(amountMinor, { ...more, holdId }), holdId } };
};
const setLimits = (changes: LimitChanges, currency = 'EUR'): AccountCommand => ({
  type: 'setLimits',
  data: { accountId: A, currency, ...changes },
});
const lifecycle = (type: 'freeze' | 'unfreeze' | 'close'): AccountCommand => ({
  type,
  data: { accountId: A, reason: 'r' },
});

type Given = AccountEvent | AccountCommand | LegCommand | [AccountCommand | LegCommand, at: string];
const isEvent = (one: Given): one is AccountEvent => !Array.isArray(one) && /^[A-Z]/.test(one.type);

/** The state after events that happened, and commands that were accepted, on the first day unless it says when. */
function given(history: readonly Given[]): AccountState {
  return history.reduce<AccountState>((state, one) => {
    if (isEvent(one)) return evolve(state, one, DAY_1);
    const [command, at] = Array.isArray(one) ? one : [one, DAY_1];
    const decision = decide(command, state, at);
    if (!decision.ok) throw new Error(decision.refusal.detail);
    return decision.events.reduce<AccountState>((before, event) => evolve(before, event, at), state);
  }, null);
}
const account = (history: readonly Given[]): Account => {
  const state = given(history);
  if (state === null) throw new Error('the account was opened');
  return state;
};
const when = (history: readonly Given[], command: AccountCommand | LegCommand, at = DAY_1) => {
  const decision = decide(command, given(history), at);
  return decision.ok ? decision.events.map((event) => event.type) : decision.refusal.code;
};

describe('an account', () => {
  test.each<[string, Given[], AccountCommand | LegCommand, unknown]>([
    ['never opened refuses a deposit', [], deposit(1n), 'account-not-found'],
    ['takes a deposit', [opened()], deposit(1n), ['MoneyDeposited']],
    ['refuses another currency', [opened()], deposit(1n, 'USD'), 'currency-mismatch'],
    ['refuses to pass 18 digits', [opened(), deposited(MAX_MINOR)], deposit(1n), 'limit-exceeded'],
    ['pays out what it has', [opened(), deposited(5n)], withdraw(5n), ['MoneyWithdrawn']],
    ['refuses more than it has', [opened(), deposited(5n)], withdraw(6n), 'insufficient-funds'],
    ['may use its overdraft', [opened(10n)], withdraw(10n), ['MoneyWithdrawn']],
    ['refuses beyond its overdraft', [opened(10n)], withdraw(11n), 'insufficient-funds'],
    ['is debited', [opened(), deposited(5n)], debit(5n), ['TransferDebited']],
    ['pays the fee as well', [opened(), deposited(5n)], debit(4n, { feeMinor: 1n }), ['TransferDebited']],
    [
      'refuses what its fee passes',
      [opened(), deposited(5n)],
      debit(5n, { feeMinor: 1n }),
      'insufficient-funds',
    ],
    ['tells the currency before the funds', [opened()], debit(5n, { currency: 'USD' }), 'currency-mismatch'],
    ['is credited', [opened()], credit(5n), ['TransferCredited']],
    [
      'is credited in its own currency',
      [opened()],
      credit(5n, { currency: 'USD', creditCurrency: 'EUR' }),
      ['TransferCredited'],
    ],
    [
      'refuses a credit in another currency',
      [opened()],
      credit(5n, { creditCurrency: 'USD' }),
      'currency-mismatch',
    ],
    ['frozen refuses a deposit', [opened(), frozen], deposit(1n), 'account-frozen'],
    ['frozen refuses a debit', [opened(), deposited(5n), frozen], debit(1n), 'account-frozen'],
    ['frozen refuses a credit', [opened(), frozen], credit(1n), 'account-frozen'],
    ['frozen takes a refund', [opened(), frozen], refund(1n), ['TransferRefunded']],
    ['frozen is unfrozen', [opened(), frozen], lifecycle('unfreeze'), ['AccountUnfrozen']],
    ['frozen refuses to be closed', [opened(), frozen], lifecycle('close'), 'account-frozen'],
    ['frozen refuses to be frozen again', [opened(), frozen], lifecycle('freeze'), 'account-frozen'],
    ['open has nothing to unfreeze', [opened()], lifecycle('unfreeze'), []],
    ['with money refuses to be closed', [opened(), deposited(1n)], lifecycle('close'), 'account-not-empty'],
    ['empty is closed', [opened()], lifecycle('close'), ['AccountClosed']],
    ['closed refuses a refund', [opened(), closed], refund(1n), 'account-closed'],
    ['closed refuses a deposit', [opened(), closed], deposit(1n), 'account-closed'],
  ])('%s', (_, history, command, expected) => {
    expect(when(history, command)).toEqual(expected);
  });

  test('opened without money has one event, and keeps why it was frozen, unfrozen and closed', () => {
    const open = { ...cash(0n), ownerId: null, name: null, overdraftLimitMinor: 0n, initialDepositMinor: 0n };
    expect(when([], { type: 'openAccount', data: open })).toEqual(['AccountOpened']);
    const reasons = [[opened()], [opened(), frozen], [opened()]].map((history, at) => {
      const decision = decide(
        lifecycle((['freeze', 'unfreeze', 'close'] as const)[at]!),
        given(history),
        DAY_1,
      );
      return decision.ok ? decision.events[0]?.data : decision.refusal;
    });
    expect(reasons).toEqual([{ reason: 'r' }, { reason: 'r' }, { reason: 'r' }]);
  });

  test('is named where it is missing, whichever side of a transfer it is', () => {
    const missing = [debit(1n), capture(1n), credit(1n), refund(1n), deposit(1n)].map((command) => {
      const named = { ...command, data: { ...command.data, from: 'f', to: 't', refundedTo: 'r' } };
      const decision = decide(named as LegCommand, null, DAY_1);
      return decision.ok ? '' : decision.refusal.detail;
    });
    expect(missing).toEqual(['f', 'f', 't', 'r', 'a'].map((id) => `There is no account ${id}.`));
  });

  test('may hold 18 digits, and owe as many, and no more', () => {
    expect(when([opened(), deposited(MAX_MINOR - 1n)], deposit(1n))).toEqual(['MoneyDeposited']);
    expect(when([opened(), deposited(MAX_MINOR)], deposit(1n))).toBe('limit-exceeded');
    expect(when([opened(MAX_MINOR)], withdraw(MAX_MINOR))).toEqual(['MoneyWithdrawn']);
    expect(when([opened(MAX_MINOR), withdraw(MAX_MINOR)], withdraw(1n))).toBe('limit-exceeded');
  });

  test('gets money that is not its own back without a change of what it has spent that day', () => {
    const limits = limited({ dailyMinor: 10n });
    const others = refund(4n, DAY_1, { from: 'b' as AccountId });
    const history = [opened(), deposited(100n), limits, withdraw(10n), others];
    expect(when(history, withdraw(1n))).toBe('limit-exceeded');
    expect(when([...history.slice(0, -1), refund(4n, DAY_1)], withdraw(4n))).toEqual(['MoneyWithdrawn']);
  });

  test('opened with money has two events', () => {
    const { overdraftLimitMinor, ...data } = { ...cash(0n), overdraftLimitMinor: 0n };
    const open = { accountId: A, ownerId: null, name: null, currency: data.currency, metadata: {} };
    const state = given([
      { type: 'openAccount', data: { ...open, overdraftLimitMinor, initialDepositMinor: 7n } },
    ]);
    expect(state).toMatchObject({ status: 'open', balanceMinor: 7n });
  });

  test('gets its fee back with its amount', () => {
    const fee = { feeMinor: 2n };
    expect(account([opened(), deposited(9n), debit(5n, fee)]).balanceMinor).toBe(2n);
    expect(account([opened(), deposited(9n), debit(5n, fee), refund(5n, DAY_1, fee)]).balanceMinor).toBe(9n);
  });

  test('is credited what the quote says, not what left the source', () => {
    const exchange = { currency: 'JPY', creditMinor: 7n, creditCurrency: 'EUR' };
    expect(account([opened(), credit(1_000n, exchange)]).balanceMinor).toBe(7n);
  });

  test('does not believe an event whose balance does not follow', () => {
    expect(() => given([opened(), deposited(5n, 6n)])).toThrow('do not make 6');
    expect(() => given([deposited(5n)])).toThrow('before AccountOpened');
    expect(() => given([opened(), opened()])).toThrow('opened twice');
  });
});

const rich = [opened(), deposited(10n)];

describe('a hold', () => {
  test.each<[string, Given[], AccountCommand | LegCommand, unknown]>([
    ['reserves what is available', rich, hold(10n), ['FundsHeld']],
    ['of more than is available is refused', rich, hold(11n), 'insufficient-funds'],
    ['leaves less for a withdrawal', [...rich, hold(4n)], withdraw(7n), 'insufficient-funds'],
    ['leaves less for another hold', [...rich, hold(4n)], hold(7n, 'h2'), 'insufficient-funds'],
    ['leaves the rest', [...rich, hold(4n)], debit(6n), ['TransferDebited']],
    ['in another currency is refused', rich, hold(99n, 'h', { currency: 'USD' }), 'currency-mismatch'],
    [
      'that is there already is refused first',
      [...rich, hold(4n)],
      hold(99n, 'h', { currency: 'USD' }),
      'hold-exists',
    ],
    [
      'above what one may take is refused',
      [...rich, limited({ perTransferMinor: 3n })],
      hold(99n),
      'limit-exceeded',
    ],
    ['on a frozen account is refused', [...rich, frozen], hold(1n), 'account-frozen'],
    ['keeps the account from being closed', [opened(10n), hold(4n)], lifecycle('close'), 'account-not-empty'],
    ['may use the overdraft', [opened(10n)], hold(10n), ['FundsHeld']],
    ['is voided', [...rich, hold(4n)], release(), ['HoldReleased']],
    [
      'expires on a frozen account too',
      [...rich, hold(4n), frozen],
      release('h', 'expired'),
      ['HoldReleased'],
    ],
    ['is not voided twice', [...rich, hold(4n), release()], release(), 'hold-final'],
    ['is captured in full', [...rich, hold(4n)], capture(4n), ['HoldCaptured']],
    ['is captured in part', [...rich, hold(4n)], capture(1n), ['HoldCaptured']],
    ['is captured with its fee', [...rich, hold(4n)], capture(3n, 'h', { feeMinor: 1n }), ['HoldCaptured']],
    [
      'does not cover a fee beyond it',
      [...rich, hold(4n)],
      capture(4n, 'h', { feeMinor: 1n }),
      'limit-exceeded',
    ],
    ['is not captured beyond it', [...rich, hold(4n)], capture(5n), 'limit-exceeded'],
    ['is captured once', [...rich, hold(4n), capture(1n)], capture(1n), 'hold-final'],
    ['is not captured on a frozen account', [...rich, hold(4n), frozen], capture(4n), 'account-frozen'],
    ['that is gone is told before the currency', rich, capture(4n, 'h', { currency: 'USD' }), 'hold-final'],
    [
      'tells the currency before the amount',
      [...rich, hold(4n)],
      capture(5n, 'h', { currency: 'USD' }),
      'currency-mismatch',
    ],
    [
      'that expires is captured before',
      [...rich, hold(4n, 'h', { expiresAt: DAY_2 })],
      capture(4n),
      ['HoldCaptured'],
    ],
    ['is not captured after', [...rich, hold(4n, 'h', { expiresAt: DAY_1 })], capture(4n), 'hold-final'],
    ['may have any name', [...rich, hold(1n, 'constructor')], hold(1n, 'toString'), ['FundsHeld']],
    ['of such a name is not there by itself', rich, release('constructor'), 'hold-final'],
    ['of such a name is not captured either', rich, capture(1n, 'valueOf'), 'hold-final'],
  ])('%s', (_, history, command, expected) => {
    expect(when(history, command)).toEqual(expected);
  });

  test('counts in availability until it is captured or released', () => {
    const standing = (...more: Given[]) => {
      const state = account([...rich, hold(4n), ...more]);
      return [state.balanceMinor, state.heldMinor, availableMinor(state), Object.keys(state.holds)];
    };
    expect(standing()).toEqual([10n, 4n, 6n, ['h']]);
    expect(standing(hold(1n, 'h2'))).toEqual([10n, 5n, 5n, ['h', 'h2']]);
    expect(standing(capture(3n))).toEqual([7n, 0n, 7n, []]);
    expect(standing(capture(2n, 'h', { feeMinor: 1n }))).toEqual([7n, 0n, 7n, []]);
    expect(standing(release())).toEqual([10n, 0n, 10n, []]);
  });

  test('is refused where what is held would pass 18 digits, though the overdraft would allow it', () => {
    const history = [opened(MAX_MINOR), deposited(MAX_MINOR), hold(MAX_MINOR)];
    expect(when(history, hold(1n, 'h2'))).toBe('limit-exceeded');
  });

  test('is one of a bounded number, which comes after the other refusals', () => {
    const many = Array.from({ length: MAX_OPEN_HOLDS }, (_, at) => hold(1n, `h${at}`));
    const history = [opened(), deposited(1_001n), ...many];
    expect(when(history, hold(1n, 'one-more'))).toBe('limit-exceeded');
    expect(when(history, hold(2n, 'one-more'))).toBe('insufficient-funds');
    expect(when([...history, release('h0')], hold(1n, 'one-more'))).toEqual(['FundsHeld']);
  });

  test('is not believed twice, nor with another amount than it was placed with', () => {
    const held: AccountEvent = {
      type: 'FundsHeld',
      data: { ...cash(4n), holdId: 'h' as HoldId, heldMinor: 4n, expiresAt: null },
    };
    const released = (amountMinor: bigint, heldMinor: bigint): AccountEvent => ({
      type: 'HoldReleased',
      data: { holdId: 'h' as HoldId, amountMinor, currency: 'EUR', heldMinor, why: 'voided', reason: 'r' },
    });
    expect(() => given([...rich, held, { ...held, data: { ...held.data, heldMinor: 8n } }])).toThrow(
      'already',
    );
    expect(() => given([...rich, held, released(3n, 1n)])).toThrow('no hold h of 3');
    expect(() => given([...rich, held, released(4n, 1n)])).toThrow('do not make 1');
    expect(() => given([...rich, released(4n, 0n)])).toThrow('no hold h');
  });
});

describe('a limit', () => {
  const daily = [opened(), deposited(1_000n), limited({ dailyMinor: 100n })];
  const each = [opened(), deposited(10n), limited({ perTransferMinor: 5n })];

  test.each<[string, Given[], AccountCommand | LegCommand, string, unknown]>([
    ['on each movement lets as much pass', each, withdraw(5n), DAY_1, ['MoneyWithdrawn']],
    ['on each movement refuses more', each, withdraw(6n), DAY_1, 'limit-exceeded'],
    ['on each movement counts the fee', each, debit(5n, { feeMinor: 1n }), DAY_1, 'limit-exceeded'],
    ['is told before the funds', each, debit(99n), DAY_1, 'limit-exceeded'],
    ['does not concern what comes in', each, deposit(99n), DAY_1, ['MoneyDeposited']],
    ['nor a refund', each, refund(99n), DAY_1, ['TransferRefunded']],
    ['of a day lets as much pass', daily, debit(100n), DAY_1, ['TransferDebited']],
    ['of a day refuses more', daily, debit(101n), DAY_1, 'limit-exceeded'],
    ['of a day counts what left before', [...daily, withdraw(60n)], debit(41n), DAY_1, 'limit-exceeded'],
    ['of a day counts holds', [...daily, hold(60n)], debit(41n), DAY_1, 'limit-exceeded'],
    ['of a day counts fees', [...daily, debit(60n, { feeMinor: 1n })], debit(40n), DAY_1, 'limit-exceeded'],
    ['of a day begins anew', [...daily, withdraw(60n)], debit(100n), DAY_2, ['TransferDebited']],
    [
      'does not begin anew where a clock goes back',
      [...daily, [withdraw(60n), DAY_2]],
      debit(41n),
      DAY_1,
      'limit-exceeded',
    ],
    [
      'of a day does not count a capture again',
      [...daily, hold(60n), capture(60n)],
      debit(40n),
      DAY_1,
      ['TransferDebited'],
    ],
    [
      'gets back what was not captured',
      [...daily, hold(60n), capture(10n)],
      debit(90n),
      DAY_1,
      ['TransferDebited'],
    ],
    ['gets back what was voided', [...daily, hold(60n), release()], debit(100n), DAY_1, ['TransferDebited']],
    [
      'gets back what was refunded that day',
      [...daily, debit(60n), refund(60n, DAY_1)],
      debit(100n),
      DAY_1,
      ['TransferDebited'],
    ],
    [
      'gets nothing back of another day',
      [...daily, debit(60n), [withdraw(100n), DAY_2], [refund(60n, DAY_1), DAY_2]],
      withdraw(1n),
      DAY_2,
      'limit-exceeded',
    ],
    [
      'gets nothing back by a hold of another day',
      [...daily, hold(60n), [withdraw(100n), DAY_2], [release(), DAY_2]],
      withdraw(1n),
      DAY_2,
      'limit-exceeded',
    ],
    [
      'lets a hold be captured on another day',
      [...daily, hold(60n), [withdraw(100n), DAY_2]],
      capture(60n),
      DAY_2,
      ['HoldCaptured'],
    ],
  ])('%s', (_, history, command, at, expected) => {
    expect(when(history, command, at)).toEqual(expected);
  });

  test('cannot be passed by the refund of a capture whose hold counted on another day', () => {
    const holdId = 'h' as HoldId;
    const history: Given[] = [
      ...daily,
      hold(80n),
      [withdraw(50n), DAY_2],
      [capture(80n), DAY_2],
      [refund(80n, DAY_2, { holdId }), DAY_2],
    ];
    expect(account(history).outgoing).toEqual({ date: '2026-08-02', amountMinor: 50n });
    expect(when(history, withdraw(51n), DAY_2)).toBe('limit-exceeded');
  });

  test('is set, kept where it is not named, and taken away by null', () => {
    const state = account([
      opened(),
      setLimits({ perTransferMinor: 5n, dailyMinor: 9n, overdraftLimitMinor: 3n }),
      setLimits({ dailyMinor: null, approvalThresholdMinor: 1n }),
    ]);
    expect(state.limits).toEqual({ perTransferMinor: 5n, dailyMinor: null, approvalThresholdMinor: 1n });
    expect(state.overdraftLimitMinor).toBe(3n);
  });

  test.each<[string, Given[], AccountCommand, unknown]>([
    [
      'of the overdraft is not lowered below its use',
      [opened(10n), withdraw(6n)],
      setLimits({ overdraftLimitMinor: 5n }),
      'limit-exceeded',
    ],
    [
      'of the overdraft counts what is held as used',
      [opened(10n), hold(6n)],
      setLimits({ overdraftLimitMinor: 5n }),
      'limit-exceeded',
    ],
    [
      'of the overdraft is lowered to its use',
      [opened(10n), withdraw(6n)],
      setLimits({ overdraftLimitMinor: 6n }),
      ['LimitsChanged'],
    ],
    ['in another currency is refused', [opened()], setLimits({ dailyMinor: 1n }, 'USD'), 'currency-mismatch'],
    [
      'tells the currency before the overdraft',
      [opened(10n), withdraw(6n)],
      setLimits({ overdraftLimitMinor: 0n }, 'USD'),
      'currency-mismatch',
    ],
    ['on a frozen account is refused', [opened(), frozen], setLimits({ dailyMinor: 1n }), 'account-frozen'],
    ['on a closed account is refused', [opened(), closed], setLimits({ dailyMinor: 1n }), 'account-closed'],
  ])('%s', (_, history, command, expected) => {
    expect(when(history, command)).toEqual(expected);
  });
});
