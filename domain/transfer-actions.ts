import type { AccountState } from './account.ts';
import type { AccountEvent, TransferEvent } from './events.ts';
import type { AccountId, CommandId, Tenant, TransferId } from './ids.ts';
import { decideRefund } from './legs.ts';
import { accept, type Decision, type Refusal, refusal, refuse } from './refusals.ts';
import { termsOf } from './terms.ts';
import { debitedAt, isFinal, isUndecided, type Transfer } from './transfer.ts';

/** What a person asks of a transfer that is there. Nothing in it is an amount: this is its wire form as well. */
export type TransferAction =
  | {
      readonly type: 'cancel' | 'approve' | 'decline' | 'retry';
      readonly data: { readonly transferId: TransferId; readonly reason: string };
    }
  | {
      readonly type: 'resolve';
      readonly data: {
        readonly transferId: TransferId;
        /** Who gets the parked money. */
        readonly to: AccountId;
        readonly reason: string;
      };
    };

/** One action of a list, and whose wish it is. */
export type ActionItem = {
  readonly commandId: CommandId;
  readonly actor: string;
  readonly action: TransferAction;
};

export type TransferActionList = { readonly tenant: Tenant; readonly items: readonly ActionItem[] };

export type TransferActionResult = {
  readonly commandId: string;
  readonly result: 'done' | 'refused';
  readonly refusal: Refusal | null;
};

/** Ends a transfer of which nothing has moved. */
export type Ending = Extract<TransferEvent, { type: 'TransferCancelled' | 'TransferRejected' }>;

/** Before the debit a transfer may be cancelled; `debitDecided` is true as soon as its debit has any outcome. */
export function decideCancel(transfer: Transfer, debitDecided: boolean, reason: string): Decision<Ending> {
  if (!isUndecided(transfer.status) || debitDecided) return { ok: false, refusal: final(transfer) };
  const why = refusal('cancelled', `It was cancelled: ${reason}`);
  return accept({ type: 'TransferCancelled', data: { ...termsOf(transfer), refusal: why } });
}

/** Lets a transfer go on that waits for a person, while that person still has time. */
export function decideApprove(transfer: Transfer, reason: string, at: string): Decision<TransferEvent> {
  const refused = refuseUnlessAwaiting(transfer, at);
  if (refused !== null) return { ok: false, refusal: refused };
  return accept({ type: 'TransferApproved', data: { ...termsOf(transfer), reason } });
}

/** Ends a transfer that waits for a person: nothing has moved, and nothing will. */
export function decideDecline(transfer: Transfer, reason: string, at: string): Decision<Ending> {
  const refused = refuseUnlessAwaiting(transfer, at);
  if (refused !== null) return { ok: false, refusal: refused };
  const why = refusal('declined', `It was declined: ${reason}`);
  return accept({ type: 'TransferRejected', data: { ...termsOf(transfer), refusal: why } });
}

/**
 * The way of parked money (the amount and its fee) out of suspense, to the account `to`: the source where an
 * operator retries the refund, anyone where it is resolved otherwise. Refused as that account refuses a refund.
 */
export function decideSettlement(
  transfer: Transfer,
  to: AccountId,
  account: AccountState,
  at: string,
): Decision<AccountEvent> {
  const { transferId, status } = transfer;
  if (status !== 'needs_attention' || transfer.refusal === null) {
    return refuse('not-needing-attention', `Transfer ${transferId} is ${status}: its money is not parked.`);
  }
  const money = { refundedTo: to, paidFrom: 'suspense' as const, debitedAt: debitedAt(transfer) };
  return decideRefund({ ...termsOf(transfer), refusal: transfer.refusal, ...money }, account, at);
}

function refuseUnlessAwaiting(transfer: Transfer, at: string): Refusal | null {
  const { transferId, status, approval } = transfer;
  if (isFinal(status)) return final(transfer);
  if (status !== 'awaiting_approval' || approval === null) {
    return refusal('not-awaiting-approval', `Transfer ${transferId} is ${status}: it waits for no approval.`);
  }
  if (approval.expiresAt > at) return null;
  return refusal('not-awaiting-approval', `Nobody approved transfer ${transferId} in time.`);
}

function final({ transferId, status }: Transfer): Refusal {
  const detail =
    status === 'debited'
      ? `Transfer ${transferId} is debited: it comes to its own end now.`
      : `Transfer ${transferId} has ended: it is ${status}.`;
  return refusal('transfer-final', detail);
}
