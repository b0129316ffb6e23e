import type { TransferEvent } from '../domain/events.ts';
import { decideDebit, decideReversal } from '../domain/legs.ts';
import type { TransferItem } from '../domain/saga.ts';
import { termsOf } from '../domain/terms.ts';
import type { Draft } from '../sql/draft.ts';
import { readCancelledBatches, readOpenItems } from '../sql/read-items.ts';
import type { ActivityDeps } from './deps.ts';
import { createLeg, createRangeLeg, eventMetadata, type LegRules } from './legs.ts';

/**
 * Step 1 of the saga: takes each transfer's amount and fee from its source account, or records why not. One that
 * is not due yet, or that a person must approve, waits.
 */
export function createDebit(deps: ActivityDeps) {
  return createLeg(deps, rules(deps));
}

/** The same on a range of a batch; what is undecided of a batch that was cancelled is cancelled. */
export function createDebitRange(deps: ActivityDeps) {
  return createRangeLeg(deps, rules(deps));
}

function rules(deps: ActivityDeps): LegRules {
  return {
    leg: 'debit',
    itemsOf: readOpenItems,
    cancelled: readCancelledBatches,
    accountOf: (item) => item.from,
    decide: (draft, item) => {
      const reversal = reversalOf(draft, item);
      if (reversal !== null && !reversal.ok) return reversal;
      const request = { terms: reversal?.terms ?? termsOf(item), executeAt: item.executeAt };
      const transfer = draft.transfer(item.transferId);
      return decideDebit(request, transfer, draft.account(item.from), deps.policy, draft.at);
    },
    whenDone: (draft, item) => {
      const reversal = reversalOf(draft, item);
      if (reversal?.ok) appendToOriginal(draft, item, reversal.event);
    },
    refusedAs: 'TransferRejected',
    endsOn: 'refused',
  };
}

/** What the item does to the transfer that it takes back; null where it takes none back. */
function reversalOf(draft: Draft, item: TransferItem) {
  return item.reverses === null ? null : decideReversal(termsOf(item), draft.transfer(item.reverses));
}

/** Under the original's lock, in the transaction that moves the reversal. */
export function appendToOriginal(
  draft: Draft,
  item: TransferItem,
  event: Extract<TransferEvent, { type: 'ReversalDebited' | 'ReversalRefunded' }>,
): void {
  if (item.reverses === null) throw new Error(`transfer ${item.transferId} reverses nothing`);
  draft.appendToTransfer(item.reverses, event, eventMetadata(item));
}
