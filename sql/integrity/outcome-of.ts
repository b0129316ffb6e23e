import type { LegEvent, TransferEvent } from '../../domain/events.ts';
import type { Leg } from '../../domain/transfer.ts';
import { unreachable } from '../../domain/unreachable.ts';
import type { Outcome } from '../outcomes.ts';

type LegOutcome = { readonly leg: Leg; readonly result: Outcome['result'] };

/** The outcome row that is written in the transaction of this event; null where none is. */
export function outcomeOf(event: LegEvent | TransferEvent): LegOutcome | null {
  switch (event.type) {
    case 'TransferDebited':
    case 'HoldCaptured':
      return { leg: 'debit', result: 'done' };
    case 'TransferRejected':
      return { leg: 'debit', result: 'refused' };
    case 'TransferCancelled':
      return { leg: 'debit', result: 'void' };
    case 'TransferCredited':
      return { leg: 'credit', result: 'done' };
    case 'CreditRefused':
      return { leg: 'credit', result: 'refused' };
    case 'TransferRefunded':
      return { leg: event.data.paidFrom === 'transit' ? 'refund' : 'settle', result: 'done' };
    case 'RefundParked':
      return { leg: 'refund', result: 'refused' };
    case 'TransferSettled':
      return { leg: 'settle', result: 'done' };
    case 'TransferScheduled':
    case 'ApprovalRequested':
    case 'TransferApproved':
    case 'ReversalDebited':
    case 'ReversalRefunded':
      return null;
    default:
      return unreachable(event);
  }
}
