import type { LimitChanges } from '../domain/account.ts';
import type { Metadata } from '../domain/events.ts';
import type { AccountId, HoldId, OrderId, Tenant, TransferId } from '../domain/ids.ts';
import type { OrderTerms } from '../domain/standing-order.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Claim, Command } from '../sql/commands.ts';

/** Who asks, and under which key; everything that a command's idempotency is scoped to. */
export type Caller = { readonly tenant: Tenant; readonly principal: string };

/** A client's wish after validation, as the API hands it over. Amounts are minor units. */
export type CommandRequest =
  | {
      type: 'openAccount';
      accountId: AccountId | null;
      ownerId: string | null;
      name: string | null;
      currency: string;
      initialDepositMinor: bigint;
      overdraftLimitMinor: bigint;
      metadata: Metadata;
    }
  | {
      type: 'deposit' | 'withdraw';
      accountId: AccountId;
      amountMinor: bigint;
      currency: string;
      description: string | null;
      metadata: Metadata;
    }
  | { type: 'freeze' | 'unfreeze' | 'close'; accountId: AccountId; reason: string }
  | {
      type: 'transfer';
      transferId: TransferId | null;
      from: AccountId;
      to: AccountId;
      amountMinor: bigint;
      currency: string;
      description: string | null;
      reference: string | null;
      metadata: Metadata;
      /** Not before this instant (ISO 8601, UTC). */
      executeAt?: string;
      /** What a quote makes of the amount; a quote is good for one transfer. */
      exchange?: Exchange;
      /** The completed transfer that this one takes back. */
      reverses?: TransferId;
      /** The hold that it captures. */
      holdId?: HoldId;
    }
  | { type: 'setLimits'; accountId: AccountId; currency: string; changes: LimitChanges }
  | {
      type: 'placeHold';
      holdId: HoldId | null;
      accountId: AccountId;
      amountMinor: bigint;
      currency: string;
      expiresAt: string | null;
      description: string | null;
      metadata: Metadata;
    }
  | { type: 'releaseHold'; holdId: HoldId; accountId: AccountId; reason: string }
  | { type: 'cancel' | 'approve' | 'decline' | 'retry'; transferId: TransferId; reason: string }
  | { type: 'resolve'; transferId: TransferId; to: AccountId; reason: string }
  /** In the order that the client gave. */
  | { type: 'transferBatch'; batchId: string | null; transfers: readonly BatchTransfer[] }
  | { type: 'cancelBatch'; batchId: string; reason: string }
  | ({ type: 'createStandingOrder'; orderId: OrderId | null } & Omit<OrderTerms, 'orderId'>)
  | { type: 'pauseStandingOrder' | 'resumeStandingOrder'; orderId: OrderId; reason: string }
  | { type: 'deleteStandingOrder'; orderId: OrderId };

/** One transfer of a batch: plain ones only. */
export type BatchTransfer = {
  readonly transferId: TransferId | null;
  readonly from: AccountId;
  readonly to: AccountId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
  /** Not before this instant (ISO 8601, UTC). */
  readonly executeAt?: string;
};

/** How an amount reaches an account of another currency. */
export type Exchange = {
  readonly quoteId: string;
  readonly rate: string;
  readonly creditMinor: bigint;
  readonly creditCurrency: string;
};

/** How to run it: the client's key, its route (template, such as `POST /api/transfers`) and how long it waits. */
export type DispatchOptions = {
  readonly caller: Caller;
  readonly route: string;
  readonly idempotencyKey: string | null;
  /** Milliseconds; 0 does not wait. */
  readonly waitMs: number;
  /**
   * What the client said, where the request holds more than that (such as an amount looked up at the time): a
   * repeat of the key is the same request where this is the same.
   */
  readonly said?: object;
};

/** A command, with the transfer as it ended where this process heard of that: nobody need read it again. */
export type Answered = Command & { readonly transfer?: Transfer | null | undefined };

export type Dispatched =
  /**
   * Recorded now or earlier (`replayed`). `command.status` tells whether it is final: accepted is not. What the
   * answer is made of stands in Postgres (sql/outcomes, heads), so a repeat gives the same answer.
   */
  | { kind: 'recorded'; replayed: boolean; command: Answered }
  /** The id that the client chose belongs to another command: 409. */
  | { kind: 'taken'; claim: Claim }
  /** The key was used for another request: 422. */
  | { kind: 'key-reused' };

export type Dispatcher = {
  /** Records the command, starts its workflow and waits for its end. Throws only when Postgres is away. */
  execute(request: CommandRequest, options: DispatchOptions): Promise<Dispatched>;
  /** When a command's workflow was last started; null where Temporal does not tell within a second. */
  startedAt(workflowId: string): Promise<string | null>;
};
