import { describe, expect, test } from 'vitest';
import { type AccountCommand, type AccountState, decide, evolve, type LegCommand } from './account.ts';
import type { AccountEvent, TransferTerms } from './events.ts';
import type { AccountId, TransferId } from './ids.ts';
import { decideDebit } from './legs.ts';
import { MAX_MINOR } from './money.ts';

const A = 'a' as AccountId;
const opened = (overdraftLimitMinor = 0n): AccountEvent => ({
  type: 'AccountOpened',
  data: { accountId: A, ownerId: null, name: null, currency: 'EUR', overdraftLimitMinor, metadata: {} },
});
const deposited = (amountMinor: bigint, balanceMinor = amountMinor): AccountEvent => ({
  type: 'MoneyDeposited',
  data: { amountMinor, currency: 'EUR', balanceMinor, description: null, metadata: {} },
});
const frozen: AccountEvent = { type: 'AccountFrozen', data: { reason: 'r' } };
const closed: AccountEvent = { type: 'AccountClosed', data: { reason: 'r' } };
const terms = (amountMinor: bigint, currency = 'EUR'): TransferTerms => ({
  transferId: 't' as TransferId,
  from: A,
  to: A,
  amountMinor,
  currency,
  description: null,
  reference: null,
  metadata: {},
});
const deposit = (amountMinor: bigint, currency = 'EUR'): AccountCommand => ({
  type: 'deposit',
  data: { accountId: A, amountMinor, currency, description: null, metadata: {} },
});
const withdraw = (amountMinor: bigint): AccountCommand =>
  ({ ...deposit(amountMinor), type: 'withdraw' }) as AccountCommand;
const debit = (amountMinor: bigint, currency = 'EUR'): LegCommand => ({
  type: 'debit',
  data: terms(amountMinor, currency),
});
const credit = (amountMinor: bigint): LegCommand => ({ type: 'credit', data: terms(amountMinor) });
const refund = (amountMinor: bigint): LegCommand => ({
  type: 'refund',
  data: { ...terms(amountMinor), refusal: { code: 'account-closed', detail: 'd' } },
});
const lifecycle = (type: 'freeze' | 'unfreeze' | 'close'): AccountCommand => ({
  type,
  data: { accountId: A, reason: 'r' },
});

const given = (events: AccountEvent[]): AccountState => events.reduce<AccountState>(evolve, null);
const when = (events: AccountEvent[], command: AccountCommand | LegCommand) => {
  const decision = decide(command, given(events));
  return decision.ok ? decision.events.map((event) => event.type) : decision.refusal.code;
};

describe('an account', () => {
  test.each<[string, AccountEvent[], AccountCommand | LegCommand, unknown]>([
    ['never opened refuses a deposit', [], deposit(1n), 'account-not-found'],
    ['takes a deposit', [opened()], deposit(1n), ['MoneyDeposited']],
    ['refuses another currency', [opened()], deposit(1n, 'USD'), 'currency-mismatch'],
    ['refuses to pass 18 digits', [opened(), deposited(MAX_MINOR)], deposit(1n), 'limit-exceeded'],
    ['pays out what it has', [opened(), deposited(5n)], withdraw(5n), ['MoneyWithdrawn']],
    ['refuses more than it has', [opened(), deposited(5n)], withdraw(6n), 'insufficient-funds'],
    ['may use its overdraft', [opened(10n)], withdraw(10n), ['MoneyWithdrawn']],
    ['refuses beyond its overdraft', [opened(10n)], withdraw(11n), 'insufficient-funds'],
    ['is debited', [opened(), deposited(5n)], debit(5n), ['TransferDebited']],
    ['tells the currency before the funds', [opened()], debit(5n, 'USD'), 'currency-mismatch'],
    ['is credited', [opened()], credit(5n), ['TransferCredited']],
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
  ])('%s', (_, events, command, expected) => {
    expect(when(events, command)).toEqual(expected);
  });

  test('cannot pay itself, and says so before anything else', () => {
    const decision = decideDebit(terms(1n), null);
    expect(decision.ok ? null : decision.refusal.code).toBe('same-account');
  });

  test('opened with money has two events', () => {
    const data = { ...opened().data, initialDepositMinor: 7n } as Extract<
      AccountCommand,
      { type: 'openAccount' }
    >['data'];
    const decision = decide({ type: 'openAccount', data }, null);
    const state = given(decision.ok ? [...decision.events] : []);
    expect(state).toMatchObject({ status: 'open', balanceMinor: 7n });
  });

  test('does not believe an event whose balance does not follow', () => {
    expect(() => given([opened(), deposited(5n, 6n)])).toThrow('do not make 6');
    expect(() => given([deposited(5n)])).toThrow('before AccountOpened');
    expect(() => given([opened(), opened()])).toThrow('opened twice');
  });
});
