import type { AccountEvent, Metadata, TransferTerms } from './events.ts';
import type { AccountId } from './ids.ts';
import { MAX_MINOR } from './money.ts';
import { accept, type Decision, type Refusal, refusal, refuse } from './refusals.ts';
import { unreachable } from './unreachable.ts';

export type AccountStatus = 'open' | 'frozen' | 'closed';

export type Account = {
  readonly status: AccountStatus;
  readonly accountId: AccountId;
  readonly ownerId: string | null;
  readonly name: string | null;
  readonly currency: string;
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
  readonly overdraftLimitMinor: bigint;
  readonly metadata: Metadata;
};

/** Null is an account that was never opened. */
export type AccountState = Account | null;

type Cash = {
  readonly accountId: AccountId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly description: string | null;
  readonly metadata: Metadata;
};
type Lifecycle = { readonly accountId: AccountId; readonly reason: string };

export type AccountCommand =
  | {
      type: 'openAccount';
      data: {
        readonly accountId: AccountId;
        readonly ownerId: string | null;
        readonly name: string | null;
        readonly currency: string;
        readonly overdraftLimitMinor: bigint;
        readonly initialDepositMinor: bigint;
        readonly metadata: Metadata;
      };
    }
  | { type: 'deposit'; data: Cash }
  | { type: 'withdraw'; data: Cash }
  | { type: 'freeze'; data: Lifecycle }
  | { type: 'unfreeze'; data: Lifecycle }
  | { type: 'close'; data: Lifecycle };

/** The three steps of a transfer, as the account that takes part sees them. */
export type LegCommand =
  | { type: 'debit'; data: TransferTerms }
  | { type: 'credit'; data: TransferTerms }
  | { type: 'refund'; data: TransferTerms & { readonly refusal: Refusal } };

/** What may be spent: `balance - held + overdraftLimit`, in minor units. */
export function availableMinor(account: Account): bigint {
  return account.balanceMinor - account.heldMinor + account.overdraftLimitMinor;
}

/**
 * Decides a command against the account's state at the version that will be appended. Pure: no clock, no
 * randomness; pattern of emmett's decider. Returns the events to append, or the first refusal that applies.
 * Accepting without events is a command whose wish already holds.
 */
export function decide(command: AccountCommand | LegCommand, state: AccountState): Decision<AccountEvent> {
  if (command.type === 'openAccount') return decideOpen(command, state);
  const accountId = accountOf(command);
  if (state === null) return refuse('account-not-found', `There is no account ${accountId}.`);
  if (state.status === 'closed') return refuse('account-closed', `Account ${accountId} is closed.`);
  if (state.status === 'frozen' && command.type !== 'refund' && command.type !== 'unfreeze') {
    return refuse('account-frozen', `Account ${accountId} is frozen.`);
  }
  return decideLive(command, state);
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
): Decision<AccountEvent> {
  switch (command.type) {
    case 'freeze':
      return accept({ type: 'AccountFrozen', data: { reason: command.data.reason } });
    case 'unfreeze':
      if (account.status !== 'frozen') return accept();
      return accept({ type: 'AccountUnfrozen', data: { reason: command.data.reason } });
    case 'close':
      if (account.balanceMinor !== 0n || account.heldMinor !== 0n) {
        return refuse('account-not-empty', `Account ${account.accountId} still has money or holds.`);
      }
      return accept({ type: 'AccountClosed', data: { reason: command.data.reason } });
    case 'deposit':
    case 'withdraw':
    case 'debit':
    case 'credit':
    case 'refund':
      return decideMovement(command, account);
    default:
      return unreachable(command);
  }
}

function decideMovement(
  command: Extract<AccountCommand | LegCommand, { data: { amountMinor: bigint } }>,
  account: Account,
): Decision<AccountEvent> {
  const { amountMinor, currency } = command.data;
  const incoming = command.type === 'deposit' || command.type === 'credit' || command.type === 'refund';
  const balanceMinor = account.balanceMinor + (incoming ? amountMinor : -amountMinor);
  const refused = refuseMovement(account, { amountMinor, currency, balanceMinor, incoming });
  if (refused !== null) return { ok: false, refusal: refused };
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

function refuseMovement(
  account: Account,
  move: { amountMinor: bigint; currency: string; balanceMinor: bigint; incoming: boolean },
): Refusal | null {
  if (account.currency !== move.currency) {
    return refusal(
      'currency-mismatch',
      `Account ${account.accountId} holds ${account.currency}, not ${move.currency}.`,
    );
  }
  if (move.balanceMinor > MAX_MINOR || move.balanceMinor < -MAX_MINOR) {
    return refusal('limit-exceeded', `The balance of ${account.accountId} would pass 18 digits.`);
  }
  if (!move.incoming && availableMinor(account) < move.amountMinor) {
    return refusal('insufficient-funds', `Account ${account.accountId} has too little available.`);
  }
  return null;
}

function cashMovement(data: Cash, balanceMinor: bigint) {
  const { accountId: _, ...rest } = data;
  return { ...rest, balanceMinor };
}

function accountOf(command: Exclude<AccountCommand | LegCommand, { type: 'openAccount' }>): AccountId {
  if (command.type === 'debit' || command.type === 'refund') return command.data.from;
  if (command.type === 'credit') return command.data.to;
  return command.data.accountId;
}

/**
 * The state after an event. Checks what must hold (style: check on write and again on read), and throws where
 * an event cannot follow the state: that is a damaged history, never a refusal.
 */
export function evolve(state: AccountState, event: AccountEvent): Account {
  if (event.type === 'AccountOpened') {
    if (state !== null) throw new Error(`account ${event.data.accountId} was opened twice`);
    return { ...event.data, status: 'open', balanceMinor: 0n, heldMinor: 0n };
  }
  if (state === null) throw new Error(`${event.type} came before AccountOpened`);
  switch (event.type) {
    case 'MoneyDeposited':
    case 'TransferCredited':
    case 'TransferRefunded':
      return moved(state, event.data.amountMinor, event.data.balanceMinor);
    case 'MoneyWithdrawn':
    case 'TransferDebited':
      return moved(state, -event.data.amountMinor, event.data.balanceMinor);
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

function moved(account: Account, changeMinor: bigint, balanceMinor: bigint): Account {
  if (account.balanceMinor + changeMinor !== balanceMinor) {
    throw new Error(
      `account ${account.accountId}: ${account.balanceMinor} and a change of ${changeMinor} do not make ${balanceMinor}`,
    );
  }
  return { ...account, balanceMinor };
}
