import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Account,
  type AccountCommand,
  type AccountState,
  availableMinor,
  decide,
  evolve,
  type LegCommand,
} from './account.ts';
import type { AccountEvent, TransferTerms } from './events.ts';
import type { AccountId, TransferId } from './ids.ts';
import { decideDebit } from './legs.ts';

const IDS = ['a', 'b', 'c'] as AccountId[];
const id = fc.constantFrom(...IDS);
const amountMinor = fc.oneof(fc.bigInt({ min: 1n, max: 100n }), fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }));
const currency = fc.oneof({ weight: 9, arbitrary: fc.constant('EUR') }, fc.constant('USD'));

type Step = { kind: 'command'; command: AccountCommand } | { kind: 'transfer'; terms: TransferTerms };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      type: fc.constantFrom('deposit' as const, 'withdraw' as const),
      accountId: id,
      amountMinor,
      currency,
    })
    .map(
      ({ type, ...data }): Step => ({
        kind: 'command',
        command: { type, data: { ...data, description: null, metadata: {} } },
      }),
    ),
  fc
    .record({
      type: fc.constantFrom('freeze' as const, 'unfreeze' as const, 'close' as const),
      accountId: id,
    })
    .map(
      ({ type, accountId }): Step => ({
        kind: 'command',
        command: { type, data: { accountId, reason: 'r' } },
      }),
    ),
  fc.record({ from: id, to: id, amountMinor, currency }).map(
    (data): Step => ({
      kind: 'transfer',
      terms: { ...data, transferId: 't' as TransferId, description: null, reference: null, metadata: {} },
    }),
  ),
);

class Bank {
  readonly states = new Map<AccountId, AccountState>();
  readonly histories = new Map<AccountId, AccountEvent[]>();
  outsideMinor = 0n;
  suspenseMinor = 0n;

  append(accountId: AccountId, events: readonly AccountEvent[]) {
    for (const event of events) {
      this.states.set(accountId, evolve(this.state(accountId), event));
      this.histories.set(accountId, [...(this.histories.get(accountId) ?? []), event]);
      if (event.type === 'MoneyDeposited') this.outsideMinor -= event.data.amountMinor;
      if (event.type === 'MoneyWithdrawn') this.outsideMinor += event.data.amountMinor;
    }
  }
  state(accountId: AccountId): AccountState {
    return this.states.get(accountId) ?? null;
  }
  run(command: AccountCommand | LegCommand, accountId: AccountId): boolean {
    const decision =
      command.type === 'debit'
        ? decideDebit(command.data, this.state(accountId))
        : decide(command, this.state(accountId));
    if (decision.ok) this.append(accountId, decision.events);
    return decision.ok;
  }
  transfer(terms: TransferTerms) {
    if (!this.run({ type: 'debit', data: terms }, terms.from)) return;
    if (this.run({ type: 'credit', data: terms }, terms.to)) return;
    const why = { code: 'account-closed', detail: 'd' } as const;
    if (!this.run({ type: 'refund', data: { ...terms, refusal: why } }, terms.from))
      this.suspenseMinor += terms.amountMinor;
  }
}

/** Opens three accounts (one with an overdraft) and runs the steps. */
function runBank(steps: readonly Step[]): Bank {
  const bank = new Bank();
  for (const [at, accountId] of IDS.entries()) {
    const data = {
      accountId,
      ownerId: null,
      name: null,
      currency: 'EUR',
      overdraftLimitMinor: BigInt(at) * 50n,
      metadata: {},
    };
    bank.run({ type: 'openAccount', data: { ...data, initialDepositMinor: 60n } }, accountId);
  }
  for (const one of steps) {
    if (one.kind === 'command') bank.run(one.command, one.command.data.accountId);
    else bank.transfer(one.terms);
  }
  return bank;
}

const accountsOf = (bank: Bank) =>
  [...bank.states.values()].filter((state): state is Account => state !== null);

test('money is conserved: all balances, suspense and the outside sum to zero', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bank = runBank(steps);
      const sum = accountsOf(bank).reduce((total, account) => total + account.balanceMinor, 0n);
      expect(sum + bank.suspenseMinor + bank.outsideMinor).toBe(0n);
    }),
  );
});

test('no balance is ever below its limit', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      for (const account of accountsOf(runBank(steps))) expect(availableMinor(account) >= 0n).toBe(true);
    }),
  );
});

test('the fold of the events is the state', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bank = runBank(steps);
      for (const [accountId, history] of bank.histories) {
        expect(history.reduce<AccountState>(evolve, null)).toEqual(bank.state(accountId));
      }
    }),
  );
});
