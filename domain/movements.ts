import { type Account, type AccountCommand, availableMinor, type LegCommand } from './account.ts';
import { outgoingOn } from './daily.ts';
import type { AccountEvent } from './events.ts';
import { MAX_MINOR } from './money.ts';
import { accept, type Decision, type Refusal, refusal } from './refusals.ts';
import { debitTotalMinor } from './terms.ts';
import { unreachable } from './unreachable.ts';

export type MovementCommand = Extract<
  AccountCommand | LegCommand,
  { type: 'deposit' | 'withdraw' | 'debit' | 'credit' | 'refund' }
>;

/** A change of balance before it is decided: signed, in the currency that it comes in. */
type Movement = { readonly changeMinor: bigint; readonly currency: string };

/** Decides what changes a live account's balance: the first refusal that applies, or the one event. */
export function decideMovement(
  command: MovementCommand,
  account: Account,
  at: string,
): Decision<AccountEvent> {
  const movement = movementOf(command);
  const refused = refuseMovement(account, movement, at);
  if (refused !== null) return { ok: false, refusal: refused };
  const balanceMinor = account.balanceMinor + movement.changeMinor;
  switch (command.type) {
    case 'deposit':
      return accept({ type: 'MoneyDeposited', data: cashMovement(command.data, balanceMinor) });
    case 'withdraw':
      return accept({ type: 'MoneyWithdrawn', data: cashMovement(command.data, balanceMinor) });
    case 'debit':
      return accept({ type: 'TransferDebited', data: { ...command.data, balanceMinor } });
    case 'credit':
      return accept({ type: 'TransferCredited', data: { ...command.data, balanceMinor } });
    case 'refund':
      return accept({ type: 'TransferRefunded', data: { ...command.data, balanceMinor } });
    default:
      return unreachable(command);
  }
}

function movementOf(command: MovementCommand): Movement {
  switch (command.type) {
    case 'deposit':
      return { changeMinor: command.data.amountMinor, currency: command.data.currency };
    case 'withdraw':
      return { changeMinor: -command.data.amountMinor, currency: command.data.currency };
    case 'debit':
      return { changeMinor: -debitTotalMinor(command.data), currency: command.data.currency };
    case 'credit':
      return { changeMinor: command.data.creditMinor, currency: command.data.creditCurrency };
    case 'refund':
      return { changeMinor: debitTotalMinor(command.data), currency: command.data.currency };
    default:
      return unreachable(command);
  }
}

function refuseMovement(account: Account, { changeMinor, currency }: Movement, at: string): Refusal | null {
  const mismatch = refuseCurrency(account, currency);
  if (mismatch !== null) return mismatch;
  const balanceMinor = account.balanceMinor + changeMinor;
  if (balanceMinor > MAX_MINOR || balanceMinor < -MAX_MINOR) {
    return refusal('limit-exceeded', `The balance of ${account.accountId} would pass 18 digits.`);
  }
  return changeMinor < 0n ? refuseOutgoing(account, -changeMinor, at) : null;
}

export function refuseCurrency(account: Account, currency: string): Refusal | null {
  if (account.currency === currency) return null;
  return refusal(
    'currency-mismatch',
    `Account ${account.accountId} holds ${account.currency}, not ${currency}.`,
  );
}

/** Why money may not leave, or be held to leave: the account's limits first, then what is available. */
export function refuseOutgoing(account: Account, amountMinor: bigint, at: string): Refusal | null {
  const { perTransferMinor, dailyMinor } = account.limits;
  if (perTransferMinor !== null && amountMinor > perTransferMinor) {
    return refusal('limit-exceeded', `Account ${account.accountId} may not move that much at once.`);
  }
  if (dailyMinor !== null && outgoingOn(account.outgoing, at) + amountMinor > dailyMinor) {
    return refusal('limit-exceeded', `Account ${account.accountId} may not move that much on one day.`);
  }
  if (availableMinor(account) < amountMinor) {
    return refusal('insufficient-funds', `Account ${account.accountId} has too little available.`);
  }
  return null;
}

function cashMovement(
  { accountId: _, ...rest }: Extract<MovementCommand, { type: 'deposit' }>['data'],
  balanceMinor: bigint,
) {
  return { ...rest, balanceMinor };
}
