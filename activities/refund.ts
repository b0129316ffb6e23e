import { decide } from '../domain/account.ts';
import { accountStream, transferStream } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { RefundList, RefundResult, TransferItem } from '../domain/saga.ts';
import { termsOf } from '../domain/transfer.ts';
import { fromWire } from '../domain/wire.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import type { ActivityDeps } from './deps.ts';
import { eventMetadata } from './legs.ts';

type RefundItem = TransferItem & { readonly reason: Refusal };

const VOID: Outcome = { result: 'void', refusal: null, detail: null };
const DONE: Outcome = { result: 'done', refusal: null, detail: null };

/**
 * The compensation, on a list. Fences first: a credit that is undecided becomes void, and so does a debit, so
 * that a late attempt of either finds the void and does nothing. Then it refunds what was debited and not
 * credited. A source that refuses its refund (closed meanwhile) parks the money in suspense: needs_attention.
 * Acts once for each transfer. Throws for outages, and for an item that cannot be processed even alone.
 */
export function createRefund(deps: ActivityDeps) {
  return (list: RefundList): Promise<RefundResult[]> =>
    inChunks({
      items: list.items.map((item) => fromWire<RefundItem>(item)),
      log: deps.log,
      decide: (items) => {
        const needs = {
          tenant: list.tenant,
          streams: items.flatMap((item) => [accountStream(item.from), transferStream(item.transferId)]),
          outcomes: items.flatMap(({ transferId: subjectId }) => [
            { subjectId, leg: 'debit' as const },
            { subjectId, leg: 'credit' as const },
            { subjectId, leg: 'refund' as const },
          ]),
        };
        return transact(deps.pool, needs, deps.now, (draft) =>
          items.map((item) => ({ transferId: item.transferId, status: compensate(draft, item) })),
        );
      },
    });
}

function compensate(draft: Draft, item: RefundItem): RefundResult['status'] {
  const subjectId = item.transferId;
  const refunded = draft.outcome({ subjectId, leg: 'refund' });
  if (refunded !== undefined) return refunded.result === 'done' ? 'refunded' : 'needs_attention';
  const credited = fence(draft, item, 'credit');
  if (credited.result === 'done') return 'completed';
  const debited = draft.outcome({ subjectId, leg: 'debit' });
  if (debited === undefined) return cancel(draft, item);
  if (debited.result === 'void') return 'cancelled';
  if (debited.result === 'refused') return 'rejected';
  return refund(draft, item, credited.refusal ?? item.reason);
}

/** Makes a leg void unless it was decided already, and says what it is now. */
function fence(draft: Draft, item: RefundItem, leg: 'debit' | 'credit'): Outcome {
  const key = { subjectId: item.transferId, leg };
  const earlier = draft.outcome(key);
  if (earlier !== undefined) return earlier;
  draft.record(key, VOID);
  return VOID;
}

function cancel(draft: Draft, item: RefundItem): 'cancelled' {
  fence(draft, item, 'debit');
  const { reason } = item;
  const event = { type: 'TransferCancelled' as const, data: { ...termsOf(item), refusal: reason } };
  draft.appendToTransfer(item.transferId, event, eventMetadata(item));
  draft.finish({ commandId: item.commandId, status: 'refused', refusal: reason });
  return 'cancelled';
}

function refund(draft: Draft, item: RefundItem, why: Refusal): 'refunded' | 'needs_attention' {
  const key = { subjectId: item.transferId, leg: 'refund' as const };
  const terms = { ...termsOf(item), refusal: why };
  const decision = decide({ type: 'refund', data: terms }, draft.account(item.from));
  draft.finish({ commandId: item.commandId, status: 'refused', refusal: why });
  if (!decision.ok) {
    const parked = { ...terms, refusal: decision.refusal };
    draft.appendToTransfer(item.transferId, { type: 'RefundParked', data: parked }, eventMetadata(item));
    draft.record(key, { result: 'refused', refusal: decision.refusal, detail: null });
    return 'needs_attention';
  }
  for (const event of decision.events) draft.appendToAccount(item.from, event, eventMetadata(item));
  draft.record(key, DONE);
  return 'refunded';
}
