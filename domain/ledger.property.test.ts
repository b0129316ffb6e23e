import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Account,
  type AccountCommand,
  type AccountState,
  availableMinor,
  type LegCommand,
} from './account.ts';
import { decide, evolve } from './account-decider.ts';
import { entriesOf } from './double-entry.ts';
import type { AccountEvent, DomainEvent, TransferEvent, TransferTerms } from './events.ts';
import type { AccountId, HoldId, TransferId } from './ids.ts';
import { decideCredit, decideDebit, decideRefund, decideReversal, undoReversal } from './legs.ts';
import { completeTerms } from './terms.ts';
import { evolveTransfer, isTransferEvent, type TransferState } from './transfer.ts';

const CURRENCIES = { a: 'EUR', b: 'EUR', c: 'USD' } as const;
const IDS = Object.keys(CURRENCIES) as AccountId[];
const WHY = { code: 'account-closed', detail: 'd' } as const;
const POLICY = { approvalThresholds: new Map<string, bigint>(), approvalTimeoutMs: 1 };
const LABELS = { description: null, reference: null, metadata: {} };

const id = fc.constantFrom(...IDS);
const holdId = fc.constantFrom('h1', 'h2', 'constructor') as fc.Arbitrary<HoldId>;
const amountMinor = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 1n, max: 100n }) },
  fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }),
);
const feeMinor = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 20n }));
const currency = fc.constantFrom('EUR', 'EUR', 'EUR', 'USD');
/** Clocks go on, and sometimes back. */
const at = fc.constantFrom(
  '2026-08-01T12:00:00.000Z',
  '2026-08-02T12:00:00.000Z',
  '2026-08-03T12:00:00.000Z',
);
const limit = fc.oneof(fc.constant(null), fc.bigInt({ min: 0n, max: 150n }));

type Step =
  | { kind: 'command'; at: string; command: AccountCommand }
  | { kind: 'transfer'; at: string; terms: Omit<TransferTerms, 'transferId'>; later: string }
  | { kind: 'reversal'; at: string; which: number; amountMinor: bigint; later: string }
  | { kind: 'settle'; at: string; which: number; to: AccountId };

const command = (made: fc.Arbitrary<AccountCommand>): fc.Arbitrary<Step> =>
  fc.record({ kind: fc.constant('command' as const), at, command: made });

const cash = command(
  fc
    .record({
      type: fc.constantFrom('deposit' as const, 'withdraw' as const),
      accountId: id,
      amountMinor,
      currency,
    })
    .map(({ type, ...data }) => ({ type, data: { ...data, description: null, metadata: {} } })),
);
const lifecycle = command(
  fc
    .record({
      type: fc.constantFrom('freeze' as const, 'unfreeze' as const, 'close' as const),
      accountId: id,
    })
    .map(({ type, accountId }) => ({ type, data: { accountId, reason: 'r' } })),
);
const limits = command(
  fc
    .record({
      accountId: id,
      currency,
      perTransferMinor: limit,
      dailyMinor: limit,
      overdraftLimitMinor: amountMinor,
    })
    .map((data) => ({ type: 'setLimits' as const, data })),
);
const hold = command(
  fc
    .record({ accountId: id, holdId, amountMinor, currency, expiresAt: fc.oneof(fc.constant(null), at) })
    .map((data) => ({ type: 'placeHold' as const, data: { ...data, description: null, metadata: {} } })),
);
const release = command(
  fc
    .record({ accountId: id, holdId, why: fc.constantFrom('voided' as const, 'expired' as const) })
    .map((data) => ({ type: 'releaseHold' as const, data: { ...data, reason: 'r' } })),
);
/** With its fee, through a quote where the accounts' currencies differ, and now and then out of a hold. */
const transfer: fc.Arbitrary<Step> = fc
  .record({
    from: id,
    to: id,
    amountMinor,
    feeMinor,
    at,
    later: at,
    exchanged: amountMinor,
    holdId: fc.option(holdId),
  })
  .map(({ at, later, exchanged, from, to, ...rest }) => {
    const sides = { currency: CURRENCIES[from as 'a'], creditCurrency: CURRENCIES[to as 'a'] };
    const creditMinor = sides.currency === sides.creditCurrency ? rest.amountMinor : exchanged;
    const terms = { ...LABELS, ...rest, ...sides, from, to, creditMinor };
    return { kind: 'transfer', at, later, terms: { ...terms, quoteId: null, rate: null, reverses: null } };
  });
const reversal: fc.Arbitrary<Step> = fc.record({
  ...{ kind: fc.constant('reversal' as const), at, which: fc.nat(), later: at },
  amountMinor: fc.bigInt({ min: 1n, max: 100n }),
});
const settle: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('settle' as const),
  at,
  which: fc.nat(),
  to: id,
});
const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: cash },
    { weight: 1, arbitrary: lifecycle },
    { weight: 1, arbitrary: limits },
    { weight: 2, arbitrary: hold },
    { weight: 1, arbitrary: release },
    { weight: 5, arbitrary: transfer },
    { weight: 2, arbitrary: reversal },
    { weight: 1, arbitrary: settle },
  ),
  { maxLength: 60 },
);

type Happened = { readonly event: AccountEvent; readonly at: string };

class Bank {
  readonly states = new Map<AccountId, AccountState>();
  readonly histories = new Map<AccountId, Happened[]>();
  readonly transfers = new Map<TransferId, NonNullable<TransferState>>();
  /** By `<currency> <account>`, customers and system accounts alike. */
  readonly journal = new Map<string, bigint>();

  state(accountId: AccountId): AccountState {
    return this.states.get(accountId) ?? null;
  }
  private post(event: DomainEvent, accountId: string) {
    for (const { debitAccount, creditAccount, amountMinor, currency } of entriesOf(event, accountId)) {
      for (const [account, sign] of [
        [debitAccount, -1n],
        [creditAccount, 1n],
      ] as const) {
        const key = `${currency} ${account}`;
        this.journal.set(key, (this.journal.get(key) ?? 0n) + sign * amountMinor);
      }
    }
  }
  private move(event: DomainEvent, at: string) {
    if (!isTransferEvent(event)) return;
    const { transferId } = event.data;
    const before = this.transfers.get(transferId) ?? null;
    this.transfers.set(transferId, evolveTransfer(before, event, { version: 1, occurredAt: at }));
  }
  append(accountId: AccountId, events: readonly AccountEvent[], at: string) {
    for (const event of events) {
      this.states.set(accountId, evolve(this.state(accountId), event, at));
      this.histories.set(accountId, [...(this.histories.get(accountId) ?? []), { event, at }]);
      this.post(event, accountId);
      this.move(event, at);
    }
  }
  tell(event: TransferEvent, at: string) {
    this.post(event, '');
    this.move(event, at);
  }
  run(command: AccountCommand | LegCommand, accountId: AccountId, at: string) {
    const decision = decide(command, this.state(accountId), at);
    if (decision.ok) this.append(accountId, decision.events, at);
  }
  /** The saga, in the order of its steps. */
  transfer(asked: TransferTerms, at: string, later: string) {
    const original = asked.reverses === null ? null : (this.transfers.get(asked.reverses) ?? null);
    const reversed = asked.reverses === null ? null : decideReversal(asked, original);
    const terms = reversed?.ok ? reversed.terms : asked;
    const debited = decideDebit({ terms, executeAt: null }, null, this.state(terms.from), POLICY, at);
    if (reversed?.ok === false || debited.ok !== true) return;
    this.append(terms.from, debited.events, at);
    if (reversed !== null) this.tell(reversed.event, at);
    const credited = decideCredit(terms, this.state(terms.to), later);
    if (credited.ok) return this.append(terms.to, credited.events, later);
    this.tell({ type: 'CreditRefused', data: { ...terms, refusal: credited.refusal } }, later);
    const money = { refundedTo: terms.from, paidFrom: 'transit' as const, debitedAt: at };
    const refunded = decideRefund({ ...terms, refusal: WHY, ...money }, this.state(terms.from), later);
    if (!refunded.ok) {
      return this.tell({ type: 'RefundParked', data: { ...terms, refusal: WHY, refundRefusal: WHY } }, later);
    }
    this.append(terms.from, refunded.events, later);
    const undone = terms.reverses === null ? undefined : this.transfers.get(terms.reverses);
    if (undone !== undefined) this.tell(undoReversal(terms, undone), later);
  }
  reverse(which: number, amountMinor: bigint, at: string, later: string) {
    const completed = [...this.transfers.values()].filter(({ status }) => status === 'completed');
    const original = completed[which % completed.length];
    if (original === undefined) return;
    const exchanged = original.currency !== original.creditCurrency;
    const back = completeTerms({
      ...LABELS,
      transferId: this.nextId(),
      from: original.to,
      to: original.from,
      amountMinor: exchanged ? amountMinor * 3n : amountMinor,
      currency: original.creditCurrency,
      creditMinor: amountMinor,
      creditCurrency: original.currency,
      reverses: original.transferId,
    });
    this.transfer(back, at, later);
  }
  settle(which: number, to: AccountId, at: string) {
    const parked = [...this.transfers.values()].filter(({ status }) => status === 'needs_attention');
    const transfer = parked[which % parked.length];
    if (transfer === undefined) return;
    const {
      status: _,
      refusal: __,
      reversedMinor: ___,
      executeAt: ____,
      approval: _____,
      ...rest
    } = transfer;
    const terms = completeTerms(rest);
    const money = { refundedTo: to, paidFrom: 'suspense' as const, debitedAt: null };
    const decision = decideRefund({ ...terms, refusal: WHY, ...money }, this.state(to), at);
    if (decision.ok) this.append(to, decision.events, at);
  }
  nextId(): TransferId {
    return `t${this.transfers.size}` as TransferId;
  }
}

/** Opens the accounts (one with an overdraft) and takes the steps; `look` sees the bank after each. */
function runBank(taken: readonly Step[], look: (bank: Bank) => void = () => undefined): Bank {
  const bank = new Bank();
  for (const [place, accountId] of IDS.entries()) {
    const data = {
      accountId,
      ownerId: null,
      name: null,
      currency: CURRENCIES[accountId as 'a'],
      metadata: {},
    };
    const money = { overdraftLimitMinor: BigInt(place) * 50n, initialDepositMinor: 60n };
    bank.run({ type: 'openAccount', data: { ...data, ...money } }, accountId, '2026-08-01T00:00:00.000Z');
  }
  for (const step of taken) {
    take(bank, step);
    look(bank);
  }
  return bank;
}

function take(bank: Bank, step: Step) {
  if (step.kind === 'command') bank.run(step.command, step.command.data.accountId, step.at);
  if (step.kind === 'transfer')
    bank.transfer({ ...step.terms, transferId: bank.nextId() }, step.at, step.later);
  if (step.kind === 'reversal') bank.reverse(step.which, step.amountMinor, step.at, step.later);
  if (step.kind === 'settle') bank.settle(step.which, step.to, step.at);
}

const accountsOf = (bank: Bank) =>
  [...bank.states.values()].filter((state): state is Account => state !== null);
const balanceOf = (bank: Bank, account: string) => bank.journal.get(account) ?? 0n;
const total = (amounts: Iterable<bigint>) => [...amounts].reduce((sum, amount) => sum + amount, 0n);

test('money is conserved: after every step each currency sums to zero, and nothing stays in transit', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      runBank(taken, (bank) => {
        for (const one of ['EUR', 'USD']) {
          const sums = [...bank.journal].filter(([key]) => key.startsWith(one)).map(([, sum]) => sum);
          expect(total(sums)).toBe(0n);
          expect(balanceOf(bank, `${one} transit`)).toBe(0n);
        }
      });
    }),
  );
});

test('the journal says of each account what the account says, and of suspense what is parked', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const bank = runBank(taken);
      for (const { accountId, currency, balanceMinor } of accountsOf(bank)) {
        expect(balanceOf(bank, `${currency} ${accountId}`)).toBe(balanceMinor);
      }
      const ended = [...bank.transfers.values()];
      for (const one of ['EUR', 'USD']) {
        const own = ended.filter(({ currency }) => currency === one);
        const parked = own.filter(({ status }) => status === 'needs_attention');
        const paid = own.filter(({ status }) => status === 'completed');
        expect(balanceOf(bank, `${one} suspense`)).toBe(total(parked.map((t) => t.amountMinor + t.feeMinor)));
        expect(balanceOf(bank, `${one} fees`)).toBe(total(paid.map((t) => t.feeMinor)));
      }
    }),
  );
});

test('no balance is ever below its limit, and what is held is the sum of the holds', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      runBank(taken, (bank) => {
        for (const account of accountsOf(bank)) {
          expect(availableMinor(account) >= 0n).toBe(true);
          expect(total(Object.values(account.holds).map((one) => one.amountMinor))).toBe(account.heldMinor);
          expect((account.outgoing?.amountMinor ?? 0n) >= 0n).toBe(true);
        }
      });
    }),
  );
});

test('reversals that stand never come to more than their original', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const { transfers } = runBank(taken);
      for (const original of transfers.values()) {
        const standing = [...transfers.values()].filter(
          ({ reverses, status }) => reverses === original.transferId && status !== 'refunded',
        );
        // One that an operator settled from suspense counted when it was parked.
        const settled = [...transfers.values()].filter(
          ({ reverses, legs }) =>
            reverses === original.transferId && legs.some(({ leg }) => leg === 'settle'),
        );
        const sum = total([...standing, ...settled].map(({ creditMinor }) => creditMinor));
        expect(original.reversedMinor).toBe(sum);
        expect(sum <= original.amountMinor).toBe(true);
      }
    }),
  );
});

test('the fold of the events is the state', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const bank = runBank(taken);
      for (const [accountId, history] of bank.histories) {
        const folded = history.reduce<AccountState>((state, { event, at }) => evolve(state, event, at), null);
        expect(folded).toEqual(bank.state(accountId));
      }
    }),
  );
});
