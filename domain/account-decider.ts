import {
  type Account,
  type AccountCommand,
  type AccountState,
  availableMinor,
  type LegCommand,
  type LimitChanges,
  NO_LIMITS,
  type Refund,
} from './account.ts';
import { addOutgoing, giveBackOutgoing } from './daily.ts';
import type { AccountEvent, Limits } from './events.ts';
import { decideCapture, decideHold, decideRelease, withHold, withoutHold } from './holds.ts';
import type { AccountId } from './ids.ts';
import { decideMovement } from './movements.ts';
import { accept, type Decision, refuse } from './refusals.ts';
import { debitTotalMinor } from './terms.ts';
import { unreachable } from './unreachable.ts';

/**
 * Decides a command against the account's state at the version that will be appended. Pure: no randomness, and
 * `at` (ISO 8601, UTC) is the clock; pattern of emmett's decider. Returns the events to append, or the first
 * refusal that applies. Accepting without events is a command whose wish already holds.
 */
export function decide(
  command: AccountCommand | LegCommand,
  state: AccountState,
  at: string,
): Decision<AccountEvent> {
  if (command.type === 'openAccount') return decideOpen(command, state);
  const accountId = accountOf(command);
  if (state === null) return refuse('account-not-found', `There is no account ${accountId}.`);
  if (state.status === 'closed') return refuse('account-closed', `Account ${accountId} is closed.`);
  if (state.status === 'frozen' && !passesFreeze(command)) {
    return refuse('account-frozen', `Account ${accountId} is frozen.`);
  }
  return decideLive(command, state, at);
}

/** Letting go of a hold moves nothing, and an expiry waits for nobody. */
function passesFreeze({ type }: AccountCommand | LegCommand): boolean {
  return type === 'refund' || type === 'unfreeze' || type === 'releaseHold';
}

function decideOpen(
  { data }: Extract<AccountCommand, { type: 'openAccount' }>,
  state: AccountState,
): Decision<AccountEvent> {
  if (state !== null) return refuse('account-exists', `Account ${data.accountId} exists already.`);
  const { initialDepositMinor, ...opened } = data;
  const open: AccountEvent = { type: 'AccountOpened', data: opened };
  if (initialDepositMinor === 0n) return accept(open);
  const deposit: AccountEvent = {
    type: 'MoneyDeposited',
    data: {
      amountMinor: initialDepositMinor,
      currency: data.currency,
      balanceMinor: initialDepositMinor,
      description: 'Initial deposit',
      metadata: {},
    },
  };
  return accept<AccountEvent>(open, deposit);
}

function decideLive(
  command: Exclude<AccountCommand | LegCommand, { type: 'openAccount' }>,
  account: Account,
  at: string,
): Decision<AccountEvent> {
  switch (command.type) {
    case 'freeze':
      return accept({ type: 'AccountFrozen', data: { reason: command.data.reason } });
    case 'unfreeze':
      if (account.status !== 'frozen') return accept();
      return accept({ type: 'AccountUnfrozen', data: { reason: command.data.reason } });
    case 'close':
      if (account.balanceMinor !== 0n || Object.keys(account.holds).length > 0) {
        return refuse('account-not-empty', `Account ${account.accountId} still has money or holds.`);
      }
      return accept({ type: 'AccountClosed', data: { reason: command.data.reason } });
    case 'setLimits':
      return decideLimits(command.data, account);
    case 'placeHold':
      return decideHold(command.data, account, at);
    case 'releaseHold':
      return decideRelease(command.data, account);
    case 'capture':
      return decideCapture(command.data, account, at);
    case 'deposit':
    case 'withdraw':
    case 'debit':
    case 'credit':
    case 'refund':
      return decideMovement(command, account, at);
    default:
      return unreachable(command);
  }
}

function decideLimits(
  changes: LimitChanges & { readonly currency: string },
  account: Account,
): Decision<AccountEvent> {
  if (account.currency !== changes.currency) {
    const detail = `Account ${account.accountId} holds ${account.currency}, not ${changes.currency}.`;
    return refuse('currency-mismatch', detail);
  }
  const overdraftLimitMinor = changes.overdraftLimitMinor ?? account.overdraftLimitMinor;
  if (availableMinor({ ...account, overdraftLimitMinor }) < 0n) {
    return refuse(
      'limit-exceeded',
      `Account ${account.accountId} has used more than that overdraft already.`,
    );
  }
  // undefined keeps a limit, null takes it away.
  const pick = (name: keyof Limits) => (changes[name] === undefined ? account.limits[name] : changes[name]);
  return accept({
    type: 'LimitsChanged',
    data: {
      currency: account.currency,
      overdraftLimitMinor,
      perTransferMinor: pick('perTransferMinor'),
      dailyMinor: pick('dailyMinor'),
      approvalThresholdMinor: pick('approvalThresholdMinor'),
    },
  });
}

function accountOf(command: Exclude<AccountCommand | LegCommand, { type: 'openAccount' }>): AccountId {
  switch (command.type) {
    case 'debit':
    case 'capture':
      return command.data.from;
    case 'credit':
      return command.data.to;
    case 'refund':
      return command.data.refundedTo;
    default:
      return command.data.accountId;
  }
}

/**
 * The state after an event that happened at `occurredAt`. Checks what must hold (style: check on write and again
 * on read), and throws where an event cannot follow the state: that is a damaged history, never a refusal.
 */
export function evolve(state: AccountState, event: AccountEvent, occurredAt: string): Account {
  if (event.type === 'AccountOpened') {
    if (state !== null) throw new Error(`account ${event.data.accountId} was opened twice`);
    const fresh = { balanceMinor: 0n, heldMinor: 0n, limits: NO_LIMITS, holds: {}, outgoing: null };
    return { ...event.data, ...fresh, status: 'open' };
  }
  if (state === null) throw new Error(`${event.type} came before AccountOpened`);
  switch (event.type) {
    case 'MoneyDeposited':
      return moved(state, event.data.amountMinor, event.data.balanceMinor);
    case 'TransferCredited':
      return moved(state, event.data.creditMinor, event.data.balanceMinor);
    case 'TransferRefunded':
      return refunded(state, event.data);
    case 'MoneyWithdrawn':
      return spent(state, event.data.amountMinor, event.data.balanceMinor, occurredAt);
    case 'TransferDebited':
      return spent(state, debitTotalMinor(event.data), event.data.balanceMinor, occurredAt);
    case 'FundsHeld': {
      const { holdId, amountMinor, expiresAt } = event.data;
      const holding = withHold(state, holdId, { amountMinor, expiresAt, placedAt: occurredAt });
      return held(holding, amountMinor, event.data.heldMinor);
    }
    case 'HoldCaptured': {
      const { holdId, heldMinor, releasedMinor, balanceMinor } = event.data;
      const spentMinor = debitTotalMinor(event.data);
      const rest = withoutHold(state, holdId, { spentMinor, unspentMinor: releasedMinor });
      return held(moved(rest, -spentMinor, balanceMinor), -(spentMinor + releasedMinor), heldMinor);
    }
    case 'HoldReleased': {
      const { holdId, amountMinor, heldMinor } = event.data;
      const rest = withoutHold(state, holdId, { spentMinor: 0n, unspentMinor: amountMinor });
      return held(rest, -amountMinor, heldMinor);
    }
    case 'LimitsChanged': {
      const { overdraftLimitMinor, currency: _, ...limits } = event.data;
      return { ...state, overdraftLimitMinor, limits };
    }
    case 'AccountFrozen':
      return { ...state, status: 'frozen' };
    case 'AccountUnfrozen':
      return { ...state, status: 'open' };
    case 'AccountClosed':
      return { ...state, status: 'closed' };
    default:
      return unreachable(event);
  }
}

function refunded(account: Account, data: Refund & { readonly balanceMinor: bigint }): Account {
  const amountMinor = debitTotalMinor(data);
  // A capture counts for the day its hold was placed on, which a refund does not know any more.
  const counted = data.refundedTo === data.from && data.holdId === null;
  const outgoing = counted
    ? giveBackOutgoing(account.outgoing, data.debitedAt, amountMinor)
    : account.outgoing;
  return moved({ ...account, outgoing }, amountMinor, data.balanceMinor);
}

function spent(account: Account, amountMinor: bigint, balanceMinor: bigint, occurredAt: string): Account {
  const outgoing = addOutgoing(account.outgoing, occurredAt, amountMinor);
  return moved({ ...account, outgoing }, -amountMinor, balanceMinor);
}

function moved(account: Account, changeMinor: bigint, balanceMinor: bigint): Account {
  if (account.balanceMinor + changeMinor !== balanceMinor) {
    throw new Error(
      `account ${account.accountId}: ${account.balanceMinor} and a change of ${changeMinor} do not make ${balanceMinor}`,
    );
  }
  return { ...account, balanceMinor };
}

function held(account: Account, changeMinor: bigint, heldMinor: bigint): Account {
  if (account.heldMinor + changeMinor !== heldMinor || heldMinor < 0n) {
    throw new Error(
      `account ${account.accountId}: ${account.heldMinor} held and a change of ${changeMinor} do not make ${heldMinor}`,
    );
  }
  return { ...account, heldMinor };
}
