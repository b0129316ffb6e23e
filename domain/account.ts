import type { DailyOutgoing } from './daily.ts';
import type { Limits, Metadata, TransferTerms } from './events.ts';
import type { AccountId, HoldId } from './ids.ts';
import type { Refusal } from './refusals.ts';

/** Money that is reserved on an account and not moved yet: the first phase of a two-phase payment. */
export type Hold = {
  readonly amountMinor: bigint;
  /** After this instant it cannot be captured; null never expires. */
  readonly expiresAt: string | null;
  readonly placedAt: string;
};

export type AccountStatus = 'open' | 'frozen' | 'closed';

export type Account = {
  readonly status: AccountStatus;
  readonly accountId: AccountId;
  readonly ownerId: string | null;
  readonly name: string | null;
  readonly currency: string;
  readonly balanceMinor: bigint;
  /** The sum of the open holds. */
  readonly heldMinor: bigint;
  readonly overdraftLimitMinor: bigint;
  readonly limits: Limits;
  /** The open holds, by id; an ended one is gone. */
  readonly holds: Readonly<Record<string, Hold>>;
  readonly outgoing: DailyOutgoing | null;
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

export type HoldCommand =
  | {
      type: 'placeHold';
      data: {
        readonly accountId: AccountId;
        readonly holdId: HoldId;
        readonly amountMinor: bigint;
        readonly currency: string;
        readonly expiresAt: string | null;
        readonly description: string | null;
        readonly metadata: Metadata;
      };
    }
  | {
      type: 'releaseHold';
      data: {
        readonly accountId: AccountId;
        readonly holdId: HoldId;
        readonly why: 'voided' | 'expired';
        readonly reason: string;
      };
    };

/** What to change of an account's limits: what is left out stays as it is. */
export type LimitChanges = Partial<Limits> & { readonly overdraftLimitMinor?: bigint };

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
  | { type: 'close'; data: Lifecycle }
  | { type: 'setLimits'; data: LimitChanges & { readonly accountId: AccountId; readonly currency: string } }
  | HoldCommand;

/** The steps of a transfer, as the account that takes part sees them. */
export type LegCommand =
  | { type: 'debit'; data: TransferTerms }
  | { type: 'capture'; data: TransferTerms & { readonly holdId: HoldId } }
  | { type: 'credit'; data: TransferTerms }
  | { type: 'refund'; data: Refund };

/** Money on its way back: to the source, or to whom an operator gives it. */
export type Refund = TransferTerms & {
  readonly refusal: Refusal;
  readonly refundedTo: AccountId;
  readonly paidFrom: 'transit' | 'suspense';
  readonly debitedAt: string | null;
};

/** What may be spent: `balance - held + overdraftLimit`, in minor units. */
export function availableMinor(account: Account): bigint {
  return account.balanceMinor - account.heldMinor + account.overdraftLimitMinor;
}

/** No limits, as every account begins. */
export const NO_LIMITS: Limits = { perTransferMinor: null, dailyMinor: null, approvalThresholdMinor: null };
