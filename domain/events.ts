import type { AccountId, HoldId, TransferId } from './ids.ts';
import type { Refusal } from './refusals.ts';

/** A user's own labels: flat, and JSON scalars only. */
export type Metadata = Readonly<Record<string, string | number | boolean | null>>;

/** What a person asked to move; the same facts travel in each event of a transfer, so that any leg can be read alone. */
export type TransferTerms = {
  readonly transferId: TransferId;
  readonly from: AccountId;
  readonly to: AccountId;
  /** What leaves the source for the destination, in the source's currency. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What the source pays besides, in its currency; it reaches `fees` when the transfer completes. */
  readonly feeMinor: bigint;
  /** What reaches the destination: the amount itself, or what a quote made of it in another currency. */
  readonly creditMinor: bigint;
  readonly creditCurrency: string;
  readonly quoteId: string | null;
  /**
   * Units of the destination's currency for one unit of the source's, as a decimal string; in a reversal the rate of
   * what it takes back, so the other way round: units of its source's currency for one of its destination's.
   */
  readonly rate: string | null;
  /** The transfer that this one takes back, in full or in part. */
  readonly reverses: TransferId | null;
  /** The hold that this transfer captures. */
  readonly holdId: HoldId | null;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
};

/** What an account may do; null is no limit. Amounts are in its currency. */
export type Limits = {
  /** The most that one transfer, withdrawal or hold may take. */
  readonly perTransferMinor: bigint | null;
  /** The most that may leave on one day (UTC), holds included. */
  readonly dailyMinor: bigint | null;
  /** A transfer of more than this waits for a person's approval. */
  readonly approvalThresholdMinor: bigint | null;
};

/** A change of balance: the amount, and the account's balance after it, so that a reader needs no sum. */
type Movement = {
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly balanceMinor: bigint;
};

type CashMovement = Movement & { readonly description: string | null; readonly metadata: Metadata };
type LegMovement = TransferTerms & { readonly balanceMinor: bigint };
/** What is held on the account after it. */
type HoldMovement = {
  readonly holdId: HoldId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly heldMinor: bigint;
};

export type AccountEvent =
  | {
      type: 'AccountOpened';
      data: {
        readonly accountId: AccountId;
        readonly ownerId: string | null;
        readonly name: string | null;
        readonly currency: string;
        readonly overdraftLimitMinor: bigint;
        readonly metadata: Metadata;
      };
    }
  | { type: 'MoneyDeposited'; data: CashMovement }
  | { type: 'MoneyWithdrawn'; data: CashMovement }
  | { type: 'TransferDebited'; data: LegMovement }
  | { type: 'TransferCredited'; data: LegMovement }
  | {
      type: 'TransferRefunded';
      data: LegMovement & {
        readonly refusal: Refusal;
        /** Whose stream this is: the source, unless an operator settled a parked transfer elsewhere. */
        readonly refundedTo: AccountId;
        /** Where the money was: in flight, or parked. */
        readonly paidFrom: 'transit' | 'suspense';
        /** When it had left: a refund on the same day gives the daily limit back. */
        readonly debitedAt: string | null;
      };
    }
  | {
      type: 'FundsHeld';
      data: HoldMovement & {
        readonly expiresAt: string | null;
        readonly description: string | null;
        readonly metadata: Metadata;
      };
    }
  /** The debit of a transfer out of a hold; what of the hold is not captured is released with it. */
  | {
      type: 'HoldCaptured';
      data: LegMovement & {
        readonly holdId: HoldId;
        readonly heldMinor: bigint;
        readonly releasedMinor: bigint;
      };
    }
  | {
      type: 'HoldReleased';
      data: HoldMovement & { readonly why: 'voided' | 'expired'; readonly reason: string };
    }
  | {
      type: 'LimitsChanged';
      data: Limits & { readonly overdraftLimitMinor: bigint; readonly currency: string };
    }
  | { type: 'AccountFrozen'; data: { readonly reason: string } }
  | { type: 'AccountUnfrozen'; data: { readonly reason: string } }
  | { type: 'AccountClosed'; data: { readonly reason: string } };

/** What happens to a transfer without changing an account's balance. */
export type TransferEvent =
  | { type: 'TransferRejected'; data: TransferTerms & { readonly refusal: Refusal } }
  | { type: 'TransferCancelled'; data: TransferTerms & { readonly refusal: Refusal } }
  | { type: 'CreditRefused'; data: TransferTerms & { readonly refusal: Refusal } }
  /** Keeps both: why the transfer did not go through, and why it could not be refunded. */
  | {
      type: 'RefundParked';
      data: TransferTerms & { readonly refusal: Refusal; readonly refundRefusal: Refusal };
    }
  | { type: 'TransferScheduled'; data: TransferTerms & { readonly executeAt: string } }
  | {
      type: 'ApprovalRequested';
      data: TransferTerms & { readonly thresholdMinor: bigint; readonly expiresAt: string };
    }
  | { type: 'TransferApproved'; data: TransferTerms & { readonly reason: string } }
  /** An operator ended a parked transfer: the money went to `settledTo`. */
  | {
      type: 'TransferSettled';
      data: TransferTerms & { readonly settledTo: AccountId; readonly reason: string };
    }
  /** A reversal of this transfer took its money, or gave it back: `reversedMinor` is the sum after it. */
  | { type: 'ReversalDebited'; data: Reversal }
  | { type: 'ReversalRefunded'; data: Reversal };

type Reversal = TransferTerms & { readonly reversalId: TransferId; readonly reversedMinor: bigint };

export type DomainEvent = AccountEvent | TransferEvent;
export type EventType = DomainEvent['type'];

/** Events that change two states at once: the account's balance and the transfer's progress. */
export type LegEvent = Extract<
  AccountEvent,
  { type: 'TransferDebited' | 'HoldCaptured' | 'TransferCredited' | 'TransferRefunded' }
>;

/** Who and what an event goes back to. */
export type EventMetadata = {
  readonly commandId: string;
  /** One value for everything that a client's request set off. */
  readonly correlationId: string;
  /** What directly caused this event. */
  readonly causationId: string;
  readonly actor: string;
};
