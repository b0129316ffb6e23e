import type { AccountId, TransferId } from './ids.ts';
import type { Refusal } from './refusals.ts';

/** A user's own labels: flat, and JSON scalars only. */
export type Metadata = Readonly<Record<string, string | number | boolean | null>>;

/** What a person asked to move; the same facts travel in each event of a transfer, so that any leg can be read alone. */
export type TransferTerms = {
  readonly transferId: TransferId;
  readonly from: AccountId;
  readonly to: AccountId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
};

/** A change of balance: the amount, and the account's balance after it, so that a reader needs no sum. */
type Movement = {
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly balanceMinor: bigint;
};

type CashMovement = Movement & { readonly description: string | null; readonly metadata: Metadata };
type LegMovement = TransferTerms & { readonly balanceMinor: bigint };

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
  | { type: 'TransferRefunded'; data: LegMovement & { readonly refusal: Refusal } }
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
    };

export type DomainEvent = AccountEvent | TransferEvent;
export type EventType = DomainEvent['type'];

/** Events that change two states at once: the account's balance and the transfer's progress. */
export type LegEvent = Extract<
  AccountEvent,
  { type: 'TransferDebited' | 'TransferCredited' | 'TransferRefunded' }
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
