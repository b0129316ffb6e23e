import type { AccountEvent, DomainEvent, TransferTerms } from './events.ts';
import type { SystemAccount } from './ids.ts';
import { debitTotalMinor } from './terms.ts';
import { unreachable } from './unreachable.ts';

/** Money that leaves one account of the journal and reaches another: a customer's id, or a system account. */
export type Entry = {
  readonly debitAccount: string;
  readonly creditAccount: string;
  readonly amountMinor: bigint;
  readonly currency: string;
};

/**
 * The balanced entries of an event in the stream of `accountId` (of a transfer's own events it is not asked): none
 * where no money moves. Each currency's sum over all accounts stays 0, and what a transfer brought into `transit`
 * leaves it whole when the transfer ends.
 * @example entriesOf({ type: 'MoneyDeposited', data }, 'alice') // external -> alice
 */
export function entriesOf(event: DomainEvent, accountId: string): readonly Entry[] {
  switch (event.type) {
    case 'MoneyDeposited':
      return [entry(system('external'), accountId, event.data.amountMinor, event.data.currency)];
    case 'MoneyWithdrawn':
      return [entry(accountId, system('external'), event.data.amountMinor, event.data.currency)];
    case 'TransferDebited':
    case 'HoldCaptured':
      return [whole(event.data.from, system('transit'), event.data)];
    case 'TransferCredited':
      return [...arrival(event.data), ...fee(event.data)];
    case 'TransferRefunded':
      return [whole(system(event.data.paidFrom), event.data.refundedTo, event.data)];
    case 'RefundParked':
      return [whole(system('transit'), system('suspense'), event.data)];
    case 'AccountOpened':
    case 'FundsHeld':
    case 'HoldReleased':
    case 'LimitsChanged':
    case 'AccountFrozen':
    case 'AccountUnfrozen':
    case 'AccountClosed':
    case 'TransferRejected':
    case 'TransferCancelled':
    case 'CreditRefused':
    case 'TransferScheduled':
    case 'ApprovalRequested':
    case 'TransferApproved':
    case 'TransferSettled':
    case 'ReversalDebited':
    case 'ReversalRefunded':
      return [];
    default:
      return unreachable(event);
  }
}

/** An exchange sells one currency to `fx` and buys the other from it, so that both sums stay 0. */
function arrival({ to, amountMinor, currency, creditMinor, creditCurrency }: TransferTerms): Entry[] {
  if (creditCurrency === currency) return [entry(system('transit'), to, creditMinor, currency)];
  return [
    entry(system('transit'), system('fx'), amountMinor, currency),
    entry(system('fx'), to, creditMinor, creditCurrency),
  ];
}

function fee({ feeMinor, currency }: TransferTerms): Entry[] {
  return feeMinor === 0n ? [] : [entry(system('transit'), system('fees'), feeMinor, currency)];
}

/** The amount and its fee: they travel together until the transfer completes. */
function whole(debitAccount: string, creditAccount: string, terms: TransferTerms): Entry {
  return entry(debitAccount, creditAccount, debitTotalMinor(terms), terms.currency);
}

function entry(debitAccount: string, creditAccount: string, amountMinor: bigint, currency: string): Entry {
  return { debitAccount, creditAccount, amountMinor, currency };
}

function system(account: SystemAccount): string {
  return account;
}

/** An event that changes a balance. */
export type MoneyEvent = Extract<AccountEvent, { data: { readonly balanceMinor: bigint } }>;

export function isMoneyEvent(event: DomainEvent): event is MoneyEvent {
  return 'balanceMinor' in event.data;
}

/** What the event changed its account's balance by: signed minor units of the account's currency. */
export function changeOf(event: MoneyEvent): { readonly changeMinor: bigint; readonly currency: string } {
  switch (event.type) {
    case 'MoneyDeposited':
      return { changeMinor: event.data.amountMinor, currency: event.data.currency };
    case 'MoneyWithdrawn':
      return { changeMinor: -event.data.amountMinor, currency: event.data.currency };
    case 'TransferDebited':
    case 'HoldCaptured':
      return { changeMinor: -debitTotalMinor(event.data), currency: event.data.currency };
    case 'TransferCredited':
      return { changeMinor: event.data.creditMinor, currency: event.data.creditCurrency };
    case 'TransferRefunded':
      return { changeMinor: debitTotalMinor(event.data), currency: event.data.currency };
    default:
      return unreachable(event);
  }
}
