import type { DomainEvent, LegEvent, TransferEvent, TransferTerms } from './events.ts';
import type { AccountId } from './ids.ts';
import type { Refusal } from './refusals.ts';
import { termsOf } from './terms.ts';
import { unreachable } from './unreachable.ts';

export const TRANSFER_STATUSES = [
  'scheduled',
  'awaiting_approval',
  'requested',
  'debited',
  'completed',
  'rejected',
  'refunded',
  'cancelled',
  'needs_attention',
] as const;
export type TransferStatus = (typeof TRANSFER_STATUSES)[number];

/** `settle`: an operator ended a parked transfer, to its source or to another account. */
export const LEGS = ['debit', 'credit', 'refund', 'settle'] as const;
export type Leg = (typeof LEGS)[number];

/** Where a leg stands in its account's stream. */
export type LegRecord = {
  readonly leg: Leg;
  readonly accountId: AccountId;
  readonly version: number;
  readonly occurredAt: string;
};

/** A person is asked before a transfer above the threshold is debited. */
export type Approval = {
  readonly thresholdMinor: bigint;
  readonly expiresAt: string;
  readonly approved: boolean;
};

export type Transfer = TransferTerms & {
  readonly status: TransferStatus;
  readonly refusal: Refusal | null;
  /** Sum of the reversals that were taken back from this transfer so far, in minor units of its own currency. */
  readonly reversedMinor: bigint;
  readonly executeAt: string | null;
  readonly approval: Approval | null;
  readonly legs: readonly LegRecord[];
  /** When it reached a state that clients may take as the end. */
  readonly finishedAt: string | null;
};

/** Null is a transfer of which nothing has been decided yet. */
export type TransferState = Transfer | null;

const PENDING: readonly TransferStatus[] = ['scheduled', 'awaiting_approval', 'requested', 'debited'];
/** Nothing has moved: it may still be cancelled, rejected or debited. */
const UNDECIDED: readonly TransferStatus[] = ['scheduled', 'awaiting_approval', 'requested'];

/** True for a state that a client may take as the end (needs_attention is an operator's matter). */
export function isFinal(status: TransferStatus): boolean {
  return !PENDING.includes(status);
}

/** True before the debit: nothing has moved. */
export function isUndecided(status: TransferStatus): boolean {
  return UNDECIDED.includes(status);
}

/** True for a transfer that has waited (for its time, or for a person), and so has a workflow of its own. */
export function hasWaited(transfer: TransferState): boolean {
  return transfer !== null && (transfer.executeAt !== null || transfer.approval !== null);
}

/** When the money left its source; null where it has not. */
export function debitedAt(transfer: TransferState): string | null {
  return transfer?.legs.find(({ leg }) => leg === 'debit')?.occurredAt ?? null;
}

/** A transfer as it was asked for, before its first event. */
export function requested(terms: TransferTerms): Transfer {
  return {
    ...terms,
    status: 'requested',
    refusal: null,
    reversedMinor: 0n,
    executeAt: null,
    approval: null,
    legs: [],
    finishedAt: null,
  };
}

/** Where an event of a transfer stands: in an account's stream (a leg) or in the transfer's own. */
export type Place = { readonly version: number; readonly occurredAt: string };

const FOLLOWS: Readonly<Record<(LegEvent | TransferEvent)['type'], readonly TransferStatus[]>> = {
  TransferScheduled: ['requested'],
  ApprovalRequested: ['requested', 'scheduled'],
  TransferApproved: ['awaiting_approval'],
  TransferRejected: UNDECIDED,
  TransferCancelled: UNDECIDED,
  TransferDebited: ['requested', 'scheduled'],
  HoldCaptured: ['requested', 'scheduled'],
  CreditRefused: ['debited'],
  TransferCredited: ['debited'],
  TransferRefunded: ['debited', 'needs_attention'],
  RefundParked: ['debited'],
  TransferSettled: ['refunded'],
  ReversalDebited: ['completed'],
  ReversalRefunded: ['completed'],
};

/** True for the events that tell something about a transfer, whichever stream they are in. */
export function isTransferEvent(event: DomainEvent): event is LegEvent | TransferEvent {
  return event.type in FOLLOWS;
}

/**
 * The transfer after one of its events, legs included. Throws where the event cannot follow: a debit after a
 * debit, a refund of a completed transfer. That guards I10 (one debit, one ending) once more on every write.
 */
export function evolveTransfer(
  state: TransferState,
  event: LegEvent | TransferEvent,
  place: Place,
): Transfer {
  const transfer = state ?? requested(termsOf(event.data));
  if (!FOLLOWS[event.type].includes(transfer.status)) {
    throw new Error(`transfer ${transfer.transferId} is ${transfer.status}: ${event.type} cannot follow`);
  }
  const next = apply(transfer, event, place);
  const ends = isFinal(next.status) && next.status !== transfer.status;
  return ends ? { ...next, finishedAt: place.occurredAt } : next;
}

function apply(transfer: Transfer, event: LegEvent | TransferEvent, place: Place): Transfer {
  switch (event.type) {
    case 'TransferScheduled':
      return { ...transfer, status: 'scheduled', executeAt: event.data.executeAt };
    case 'ApprovalRequested': {
      const { thresholdMinor, expiresAt } = event.data;
      const approval = { thresholdMinor, expiresAt, approved: false };
      return { ...transfer, status: 'awaiting_approval', approval };
    }
    case 'TransferApproved':
      if (transfer.approval === null) throw new Error(`${transfer.transferId} was approved unasked`);
      return { ...transfer, status: 'requested', approval: { ...transfer.approval, approved: true } };
    case 'TransferRejected':
      return { ...transfer, status: 'rejected', refusal: event.data.refusal };
    case 'TransferCancelled':
      return { ...transfer, status: 'cancelled', refusal: event.data.refusal };
    case 'TransferDebited':
    case 'HoldCaptured':
      // What a reversal takes is decided with its debit, so the terms are what that says.
      return withLeg(
        { ...transfer, ...termsOf(event.data), status: 'debited' },
        'debit',
        transfer.from,
        place,
      );
    case 'CreditRefused':
      return { ...transfer, refusal: event.data.refusal };
    case 'TransferCredited':
      return withLeg({ ...transfer, status: 'completed' }, 'credit', transfer.to, place);
    case 'TransferRefunded': {
      const { refusal, paidFrom, refundedTo } = event.data;
      const expected = transfer.status === 'needs_attention' ? 'suspense' : 'transit';
      if (paidFrom !== expected) throw new Error(`the money of ${transfer.transferId} is in ${expected}`);
      const leg = paidFrom === 'suspense' ? 'settle' : 'refund';
      return withLeg({ ...transfer, status: 'refunded', refusal }, leg, refundedTo, place);
    }
    case 'RefundParked':
      return { ...transfer, status: 'needs_attention', refusal: event.data.refusal };
    case 'TransferSettled':
      return transfer;
    case 'ReversalDebited':
    case 'ReversalRefunded':
      return reversed(transfer, event.data.reversedMinor);
    default:
      return unreachable(event);
  }
}

function reversed(transfer: Transfer, reversedMinor: bigint): Transfer {
  if (reversedMinor < 0n || reversedMinor > transfer.amountMinor) {
    throw new Error(`transfer ${transfer.transferId} cannot be reversed by ${reversedMinor}`);
  }
  return { ...transfer, reversedMinor };
}

function withLeg(transfer: Transfer, leg: Leg, accountId: AccountId, place: Place): Transfer {
  const record: LegRecord = { leg, accountId, version: place.version, occurredAt: place.occurredAt };
  return { ...transfer, legs: [...transfer.legs, record] };
}
