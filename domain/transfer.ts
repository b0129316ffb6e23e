import type { DomainEvent, LegEvent, TransferEvent, TransferTerms } from './events.ts';
import type { AccountId } from './ids.ts';
import type { Refusal } from './refusals.ts';
import { unreachable } from './unreachable.ts';

export const TRANSFER_STATUSES = [
  'requested',
  'debited',
  'completed',
  'rejected',
  'refunded',
  'cancelled',
  'needs_attention',
] as const;
export type TransferStatus = (typeof TRANSFER_STATUSES)[number];

export type Leg = 'debit' | 'credit' | 'refund';

/** Where a leg stands in its account's stream. */
export type LegRecord = {
  readonly leg: Leg;
  readonly accountId: AccountId;
  readonly version: number;
  readonly occurredAt: string;
};

export type Transfer = TransferTerms & {
  readonly status: TransferStatus;
  readonly refusal: Refusal | null;
  /** Sum of the reversals that were taken back from this transfer so far, in minor units. */
  readonly reversedMinor: bigint;
  readonly legs: readonly LegRecord[];
};

/** Null is a transfer of which nothing has been decided yet. */
export type TransferState = Transfer | null;

/** True for a state that a client may take as the end (needs_attention is an operator's matter). */
export function isFinal(status: TransferStatus): boolean {
  return status !== 'requested' && status !== 'debited';
}

/** A transfer as it was asked for, before its first event. */
export function requested(terms: TransferTerms): Transfer {
  return { ...terms, status: 'requested', refusal: null, reversedMinor: 0n, legs: [] };
}

/** Where an event of a transfer stands: in an account's stream (a leg) or in the transfer's own. */
export type Place = { readonly version: number; readonly occurredAt: string };

const FOLLOWS: Readonly<Record<(LegEvent | TransferEvent)['type'], readonly TransferStatus[]>> = {
  TransferRejected: ['requested'],
  TransferCancelled: ['requested'],
  TransferDebited: ['requested'],
  CreditRefused: ['debited'],
  TransferCredited: ['debited'],
  TransferRefunded: ['debited'],
  RefundParked: ['debited'],
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
  switch (event.type) {
    case 'TransferRejected':
      return { ...transfer, status: 'rejected', refusal: event.data.refusal };
    case 'TransferCancelled':
      return { ...transfer, status: 'cancelled', refusal: event.data.refusal };
    case 'TransferDebited':
      return withLeg({ ...transfer, status: 'debited' }, 'debit', transfer.from, place);
    case 'CreditRefused':
      return { ...transfer, refusal: event.data.refusal };
    case 'TransferCredited':
      return withLeg({ ...transfer, status: 'completed' }, 'credit', transfer.to, place);
    case 'TransferRefunded':
      return withLeg(
        { ...transfer, status: 'refunded', refusal: event.data.refusal },
        'refund',
        transfer.from,
        place,
      );
    case 'RefundParked':
      return { ...transfer, status: 'needs_attention', refusal: event.data.refusal };
    default:
      return unreachable(event);
  }
}

function withLeg(transfer: Transfer, leg: Leg, accountId: AccountId, place: Place): Transfer {
  const record: LegRecord = { leg, accountId, version: place.version, occurredAt: place.occurredAt };
  return { ...transfer, legs: [...transfer.legs, record] };
}

/** The terms alone, of anything that carries them. */
export function termsOf(data: TransferTerms): TransferTerms {
  const { transferId, from, to, amountMinor, currency, description, reference, metadata } = data;
  return { transferId, from, to, amountMinor, currency, description, reference, metadata };
}
