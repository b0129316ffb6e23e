import { accountStream, type StreamId, type Tenant } from '../domain/ids.ts';
import { type RangeRefunds, type RefundRange, tally } from '../domain/item-ranges.ts';
import { decideRefund, undoReversal, type Waits, waitsFor } from '../domain/legs.ts';
import type { Refusal } from '../domain/refusals.ts';
import { type RefundList, type RefundResult, readItem, type TransferItem } from '../domain/saga.ts';
import { termsOf } from '../domain/terms.ts';
import { debitedAt } from '../domain/transfer.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome, OutcomeKey } from '../sql/outcomes.ts';
import { readOpenItems } from '../sql/read-items.ts';
import { inChunks } from './chunks.ts';
import { appendToOriginal } from './debit.ts';
import type { ActivityDeps } from './deps.ts';
import { asDecided, endTransfer, eventMetadata, PROCESSING_FAILED, transferStreams, wait } from './legs.ts';
import { parkedWorkflow } from './own-workflow.ts';

type RefundItem = TransferItem & {
  readonly reason: Refusal;
  readonly tenant: Tenant;
  /** Of a workflow of its own, where it still waits. */
  readonly deadlineMs: number;
};
type Ended = Exclude<RefundResult['status'], 'waits'>;
type RefundSource = (draft: Draft, item: RefundItem, why: Refusal) => 'refunded' | 'needs_attention';

const VOID: Outcome = { result: 'void', refusal: null, detail: null };
const DONE: Outcome = { result: 'done', refusal: null, detail: null };

/**
 * The compensation, on a list. Fences first: a credit that is undecided becomes void, and so does a debit, so
 * that a late attempt of either finds the void and does nothing. Then it refunds what was debited and not
 * credited. One that still waits, for its time or for a person, has nothing to compensate and goes on waiting. A source that refuses its refund (closed meanwhile), or that cannot be processed at all, parks the
 * money in suspense: needs_attention. Acts once for each transfer.
 * @throws for outages, and for a transfer whose own rows cannot be processed.
 */
export function createRefund(deps: ActivityDeps) {
  return (list: RefundList): Promise<RefundResult[]> => refundAll(deps, list);
}

/** The same on a range: those of its items that have not ended, and do not wait. */
export function createRefundRange(deps: ActivityDeps) {
  return async ({ reason, failed, ...range }: RefundRange): Promise<RangeRefunds> => {
    const unprocessed = new Set(failed);
    const items = (await readOpenItems(deps.pool, range)).map((item) => ({
      ...item,
      reason: unprocessed.has(item.transferId) ? PROCESSING_FAILED : reason,
    }));
    const results = await refundAll(deps, { tenant: range.tenant, items });
    return tally(results.map(({ status }) => status));
  };
}

function refundAll(deps: ActivityDeps, list: RefundList): Promise<RefundResult[]> {
  const compensateAll = (items: readonly RefundItem[], streams: StreamId[], refundSource: RefundSource) => {
    const needs = { tenant: list.tenant, streams, outcomes: items.flatMap(legsOf) };
    return transact(deps, needs, (draft) =>
      items.map((item) => compensate(draft, asDecided(draft, item), refundSource)),
    );
  };
  const read = (wire: RefundList['items'][number]): RefundItem => {
    const { reason, ...item } = wire;
    return { ...readItem(item), reason, tenant: list.tenant, deadlineMs: deps.sagaDeadlineMs };
  };
  return inChunks({
    items: list.items,
    keyOf: ({ from }) => from,
    log: deps.log,
    decide: (wire) => {
      const items = wire.map(read);
      return compensateAll(items, items.flatMap(streamsOf), refund);
    },
    // Without the source's head, which may be what is damaged: nothing that was debited is lost from sight.
    poison: async (wire) => {
      const item = read(wire);
      const [result] = await compensateAll([item], transferStreams(item), parkPoison);
      return result as RefundResult;
    },
  });
}

function streamsOf(item: RefundItem): StreamId[] {
  return [accountStream(item.from), ...transferStreams(item)];
}

function legsOf({ transferId: subjectId }: RefundItem): OutcomeKey[] {
  return (['debit', 'credit', 'refund'] as const).map((leg) => ({ subjectId, leg }));
}

function compensate(draft: Draft, item: RefundItem, refundSource: RefundSource): RefundResult {
  const { transferId } = item;
  const waits = stillWaits(draft, item);
  if (waits !== null) {
    return { ...wait(draft, item.tenant, item, waits, item.deadlineMs), status: 'waits' };
  }
  return { transferId, status: fenceAndRefund(draft, item, refundSource) };
}

/** Nothing is decided of it, and nothing is due: that a look at it failed is no reason to end it. */
function stillWaits(draft: Draft, item: RefundItem): Waits | null {
  const legs = legsOf(item).map((key) => draft.outcome(key));
  if (legs.some((outcome) => outcome !== undefined)) return null;
  const request = { terms: termsOf(item), executeAt: item.executeAt };
  return waitsFor(request, draft.transfer(item.transferId), draft.at);
}

function fenceAndRefund(draft: Draft, item: RefundItem, refundSource: RefundSource): Ended {
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
  endTransfer(draft, item.tenant, item, 'refused', reason);
  return 'cancelled';
}

function refund(draft: Draft, item: RefundItem, why: Refusal): 'refunded' | 'needs_attention' {
  const data = {
    ...termsOf(item),
    refusal: why,
    refundedTo: item.from,
    paidFrom: 'transit' as const,
    debitedAt: debitedAt(draft.transfer(item.transferId)),
  };
  const decision = decideRefund(data, draft.account(item.from), draft.at);
  if (!decision.ok) return park(draft, item, why, decision.refusal);
  for (const event of decision.events) draft.appendToAccount(item.from, event, eventMetadata(item));
  undo(draft, item);
  endTransfer(draft, item.tenant, item, 'refused', why);
  draft.record({ subjectId: item.transferId, leg: 'refund' }, DONE);
  return 'refunded';
}

/** A reversal that was given back no longer counts against the transfer that it was to take back. */
export function undo(draft: Draft, item: TransferItem): void {
  if (item.reverses === null) return;
  const original = draft.transfer(item.reverses);
  if (original === null) throw new Error(`transfer ${item.reverses} was reversed, and is not there`);
  appendToOriginal(draft, item, undoReversal(termsOf(item), original));
}

function parkPoison(draft: Draft, item: RefundItem, why: Refusal): 'needs_attention' {
  return park(draft, item, why, PROCESSING_FAILED);
}

/** Keeps both reasons: why the transfer did not go through, and why it could not be refunded. */
function park(draft: Draft, item: RefundItem, why: Refusal, refundRefusal: Refusal): 'needs_attention' {
  const data = { ...termsOf(item), refusal: why, refundRefusal };
  draft.appendToTransfer(item.transferId, { type: 'RefundParked', data }, eventMetadata(item));
  endTransfer(draft, item.tenant, item, 'refused', why);
  draft.expect(parkedWorkflow(item.tenant, item));
  const outcome = { result: 'refused' as const, refusal: refundRefusal, detail: null };
  draft.record({ subjectId: item.transferId, leg: 'refund' }, outcome);
  return 'needs_attention';
}
