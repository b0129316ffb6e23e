import { decide } from '../domain/account.ts';
import { accountStream, type StreamId, transferStream } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { RefundList, RefundResult, TransferItem } from '../domain/saga.ts';
import { termsOf } from '../domain/transfer.ts';
import { fromWire } from '../domain/wire.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome, OutcomeKey } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import type { ActivityDeps } from './deps.ts';
import { eventMetadata, PROCESSING_FAILED } from './legs.ts';

type RefundItem = TransferItem & { readonly reason: Refusal };
type RefundSource = (draft: Draft, item: RefundItem, why: Refusal) => 'refunded' | 'needs_attention';

const VOID: Outcome = { result: 'void', refusal: null, detail: null };
const DONE: Outcome = { result: 'done', refusal: null, detail: null };

/**
 * The compensation, on a list. Fences first: a credit that is undecided becomes void, and so does a debit, so
 * that a late attempt of either finds the void and does nothing. Then it refunds what was debited and not
 * credited. A source that refuses its refund (closed meanwhile), or that cannot be processed at all, parks the
 * money in suspense: needs_attention. Acts once for each transfer.
 * @throws for outages, and for a transfer whose own rows cannot be processed.
 */
export function createRefund(deps: ActivityDeps) {
  return (list: RefundList): Promise<RefundResult[]> => {
    const compensateAll = (items: readonly RefundItem[], streams: StreamId[], refundSource: RefundSource) => {
      const needs = { tenant: list.tenant, streams, outcomes: items.flatMap(legsOf) };
      return transact(deps.pool, needs, deps.now, (draft) =>
        items.map((item) => ({
          transferId: item.transferId,
          status: compensate(draft, item, refundSource),
        })),
      );
    };
    return inChunks({
      items: list.items,
      log: deps.log,
      decide: (wire) => {
        const items = wire.map((item) => fromWire<RefundItem>(item));
        return compensateAll(items, items.flatMap(streamsOf), refund);
      },
      // Without the source's head, which may be what is damaged: nothing that was debited is lost from sight.
      poison: async (wire) => {
        const item = fromWire<RefundItem>(wire);
        const [result] = await compensateAll([item], [transferStream(item.transferId)], parkPoison);
        return result as RefundResult;
      },
    });
  };
}

function streamsOf(item: RefundItem): StreamId[] {
  return [accountStream(item.from), transferStream(item.transferId)];
}

function legsOf({ transferId: subjectId }: RefundItem): OutcomeKey[] {
  return (['debit', 'credit', 'refund'] as const).map((leg) => ({ subjectId, leg }));
}

function compensate(draft: Draft, item: RefundItem, refundSource: RefundSource): RefundResult['status'] {
  const subjectId = item.transferId;
  const refunded = draft.outcome({ subjectId, leg: 'refund' });
  if (refunded !== undefined) return refunded.result === 'done' ? 'refunded' : 'needs_attention';
  const credited = fence(draft, item, 'credit');
  if (credited.result === 'done') return 'completed';
  const debited = draft.outcome({ subjectId, leg: 'debit' });
  if (debited === undefined) return cancel(draft, item);
  if (debited.result === 'void') return 'cancelled';
  if (debited.result === 'refused') return 'rejected';
  return refundSource(draft, item, credited.refusal ?? item.reason);
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
  const data = { ...termsOf(item), refusal: why };
  const decision = decide({ type: 'refund', data }, draft.account(item.from));
  if (!decision.ok) return park(draft, item, why, decision.refusal);
  for (const event of decision.events) draft.appendToAccount(item.from, event, eventMetadata(item));
  draft.finish({ commandId: item.commandId, status: 'refused', refusal: why });
  draft.record({ subjectId: item.transferId, leg: 'refund' }, DONE);
  return 'refunded';
}

function parkPoison(draft: Draft, item: RefundItem, why: Refusal): 'needs_attention' {
  return park(draft, item, why, PROCESSING_FAILED);
}

/** Keeps both reasons: why the transfer did not go through, and why it could not be refunded. */
function park(draft: Draft, item: RefundItem, why: Refusal, refundRefusal: Refusal): 'needs_attention' {
  const data = { ...termsOf(item), refusal: why, refundRefusal };
  draft.appendToTransfer(item.transferId, { type: 'RefundParked', data }, eventMetadata(item));
  draft.finish({ commandId: item.commandId, status: 'refused', refusal: why });
  const outcome = { result: 'refused' as const, refusal: refundRefusal, detail: null };
  draft.record({ subjectId: item.transferId, leg: 'refund' }, outcome);
  return 'needs_attention';
}
