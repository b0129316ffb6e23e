import type { AccountEvent, EventMetadata } from '../domain/events.ts';
import { type AccountId, accountStream, type StreamId, type Tenant, transferStream } from '../domain/ids.ts';
import { type ItemRange, type RangeResult, tally } from '../domain/item-ranges.ts';
import type { Waits } from '../domain/legs.ts';
import { type Decision, type Refusal, refusal } from '../domain/refusals.ts';
import {
  type LegResult,
  readItem,
  type TransferItem,
  type TransferList,
  type WireItem,
} from '../domain/saga.ts';
import { termsOf } from '../domain/terms.ts';
import { hasWaited } from '../domain/transfer.ts';
import { transferWorkflowId } from '../domain/workflow-ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { deferSweeps } from '../sql/commands.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import type { ActivityDeps } from './deps.ts';
import { foldSingles } from './fold-singles.ts';
import { followHold } from './hold-ends.ts';
import { ownWorkflow } from './own-workflow.ts';

/** What tells one step of the saga from the other. */
export type LegRules = {
  readonly leg: 'debit' | 'credit';
  /** The account whose head decides. */
  readonly accountOf: (item: Pick<TransferItem, 'from' | 'to'>) => AccountId;
  readonly decide: (draft: Draft, item: TransferItem) => Decision<AccountEvent> | Waits;
  /** The items of a range that want this step. */
  readonly itemsOf: (db: Queryable, range: ItemRange) => Promise<WireItem[]>;
  /** The batches of these items that were cancelled: what is undecided of them ends then. */
  readonly cancelled?: (db: Queryable, tenant: Tenant, batchIds: readonly string[]) => Promise<Cancelled>;
  /** What else changes where the step is done. */
  readonly whenDone?: (draft: Draft, item: TransferItem) => void;
  /** What the transfer's own stream says of a refusal. */
  readonly refusedAs: 'TransferRejected' | 'CreditRefused';
  /** Which result ends the transfer, and with it the command: a refused credit still has its refund before it. */
  readonly endsOn: 'refused' | 'done';
};

/** Why what is undecided of a batch is cancelled, by the batch's id. */
type Cancelled = ReadonlyMap<string, Refusal>;

const NONE_CANCELLED: Cancelled = new Map();

/** Why an item is given up that the code or its rows cannot process. */
export const PROCESSING_FAILED = refusal(
  'processing-failed',
  'The transfer could not be processed; the log says why.',
);

/**
 * A step of the saga, on a list. Acts once for each transfer, however often it is called; one that a compensation
 * has made void does nothing. A poison item comes back as `failed`, for the saga to compensate.
 * @throws for outages only.
 */
export function createLeg(deps: ActivityDeps, rules: LegRules) {
  return foldSingles(rules.accountOf, (list: TransferList) => decideAll(deps, rules, list));
}

/**
 * The same step on a range, whose items are rows; what it returns stays small. Of transfers that only came together,
 * one whose account is held by others goes on alone, so that the rest need not wait for it.
 */
export function createRangeLeg(deps: ActivityDeps, rules: LegRules) {
  return async (range: ItemRange): Promise<RangeResult> => {
    const items = await rules.itemsOf(deps.pool, range);
    const list = { tenant: range.tenant, items };
    const results = await decideAll(deps, rules, list, 'groupId' in range ? GROUP_LOCK_TIMEOUT_MS : null);
    const failed = results.filter(({ result }) => result === 'failed');
    return {
      counts: tally(results.map(({ result }) => result)),
      failed: failed.map(({ transferId }) => transferId),
    };
  };
}

/** How long a group waits for the lock of an account; others of its kind hold one for a few milliseconds. */
const GROUP_LOCK_TIMEOUT_MS = 1_000;

function decideAll(
  deps: ActivityDeps,
  rules: LegRules,
  { tenant, items }: TransferList,
  lockTimeoutMs: number | null = null,
) {
  return inChunks<WireItem, LegResult>({
    items,
    keyOf: rules.accountOf,
    log: deps.log,
    decide: (wire) => decideChunk(deps, rules, tenant, wire.map(readItem), lockTimeoutMs),
    ...(lockTimeoutMs === null ? {} : { held: (wire) => goOnAlone(deps, tenant, readItem(wire)) }),
    poison: async ({ transferId }) => ({
      transferId,
      result: 'failed',
      refusal: PROCESSING_FAILED,
    }),
  });
}

/** Leaves the item to a workflow of its own, which the sweeper starts: nothing is decided of it here. */
async function goOnAlone(deps: ActivityDeps, tenant: Tenant, item: TransferItem): Promise<LegResult> {
  const { transferId, commandId } = item;
  const workflowId = transferWorkflowId(tenant, transferId);
  const until = deps.now().toISOString();
  await deferSweeps(deps.pool, tenant, [{ commandId, until, workflowId }]);
  return { transferId, result: 'waits', refusal: null, until };
}

async function decideChunk(
  deps: ActivityDeps,
  rules: LegRules,
  tenant: Tenant,
  items: readonly TransferItem[],
  lockTimeoutMs: number | null,
): Promise<LegResult[]> {
  const batchIds = new Set(items.flatMap(({ batchId }) => (batchId === null ? [] : [batchId])));
  const cancelled = (await rules.cancelled?.(deps.pool, tenant, [...batchIds])) ?? NONE_CANCELLED;
  const needs = {
    tenant,
    streams: items.flatMap((item) => [accountStream(rules.accountOf(item)), ...transferStreams(item)]),
    outcomes: items.map(({ transferId: subjectId }) => ({ subjectId, leg: rules.leg })),
    lockTimeoutMs,
  };
  const list = { tenant, rules, cancelled, deadlineMs: deps.sagaDeadlineMs };
  return transact(deps, needs, (draft) => items.map((item) => once(draft, asDecided(draft, item), list)));
}

/** The item with the terms that its head has: what a reversal takes was decided with its debit. */
export function asDecided<Item extends TransferItem>(draft: Draft, item: Item): Item {
  const transfer = draft.transfer(item.transferId);
  return transfer === null ? item : { ...item, ...termsOf(transfer) };
}

/** The heads of the transfer and of the one that it takes back, whose sum of reversals it changes. */
export function transferStreams({ transferId, reverses }: TransferItem): StreamId[] {
  return [transferStream(transferId), ...(reverses === null ? [] : [transferStream(reverses)])];
}

/** What the items of a list have in common. */
type List = {
  readonly tenant: Tenant;
  readonly rules: LegRules;
  readonly cancelled: Cancelled;
  readonly deadlineMs: number;
};

function once(draft: Draft, item: TransferItem, { tenant, rules, cancelled, deadlineMs }: List): LegResult {
  const { transferId } = item;
  const key = { subjectId: transferId, leg: rules.leg };
  const earlier = draft.outcome(key);
  if (earlier !== undefined) {
    forgetEnded(draft, tenant, item, rules, earlier);
    return { transferId, result: earlier.result, refusal: earlier.refusal };
  }
  const why = item.batchId === null ? undefined : cancelled.get(item.batchId);
  if (why !== undefined) return cancelUndecided(draft, tenant, item, why);
  const decision = rules.decide(draft, item);
  if (decision.ok === 'waits') {
    return { ...wait(draft, tenant, item, decision, deadlineMs), result: 'waits', refusal: null };
  }
  const outcome = apply(draft, tenant, item, decision, rules);
  draft.record(key, outcome);
  if (outcome.result === rules.endsOn) {
    endTransfer(draft, tenant, item, outcome.result === 'done' ? 'completed' : 'refused', outcome.refusal);
  }
  return { transferId, result: outcome.result, refusal: outcome.refusal };
}

/** Before the debit: nothing has moved, and from now on nothing may. */
function cancelUndecided(draft: Draft, tenant: Tenant, item: TransferItem, why: Refusal): LegResult {
  const { transferId } = item;
  draft.record({ subjectId: transferId, leg: 'debit' }, { result: 'void', refusal: null, detail: null });
  const event = { type: 'TransferCancelled' as const, data: { ...termsOf(item), refusal: why } };
  draft.appendToTransfer(transferId, event, eventMetadata(item));
  endTransfer(draft, tenant, item, 'refused', why);
  return { transferId, result: 'void', refusal: why };
}

/** Somebody ended a transfer that waited: its workflow has learned of it here, and ends. */
function forgetEnded(
  draft: Draft,
  tenant: Tenant,
  item: TransferItem,
  { leg }: LegRules,
  { result }: Outcome,
) {
  const ended = leg === 'debit' && result !== 'done' && hasWaited(draft.transfer(item.transferId));
  if (ended) draft.forget(transferWorkflowId(tenant, item.transferId));
}

/** Nothing is decided: a workflow of the transfer's own looks again, also when Temporal's state is lost meanwhile. */
export function wait(
  draft: Draft,
  tenant: Tenant,
  item: TransferItem,
  { event, until }: Waits,
  deadlineMs: number,
): { readonly transferId: string; readonly until: string } {
  if (event !== null) {
    draft.appendToTransfer(item.transferId, event, eventMetadata(item));
    const own = ownWorkflow(tenant, item, until, deadlineMs);
    draft.expect(own);
    if (item.batchId === null) draft.defer({ commandId: item.commandId, until, workflowId: own.workflowId });
  }
  return { transferId: item.transferId, until };
}

function apply(
  draft: Draft,
  tenant: Tenant,
  item: TransferItem,
  decision: Decision<AccountEvent>,
  { accountOf, refusedAs, whenDone }: LegRules,
): Outcome {
  if (!decision.ok) {
    const event = { type: refusedAs, data: { ...termsOf(item), refusal: decision.refusal } };
    draft.appendToTransfer(item.transferId, event, eventMetadata(item));
    return { result: 'refused', refusal: decision.refusal, detail: null };
  }
  for (const event of decision.events) {
    draft.appendToAccount(accountOf(item), event, eventMetadata(item));
    followHold(draft, tenant, accountOf(item), event);
  }
  whenDone?.(draft, item);
  return { result: 'done', refusal: null, detail: null };
}

/** Ends the transfer's command (a batch's ends with the batch) and the workflow that it waited in, if it did. */
export function endTransfer(
  draft: Draft,
  tenant: Tenant,
  { transferId, commandId, batchId }: TransferItem,
  status: 'completed' | 'refused',
  why: Refusal | null,
): void {
  const transfer = draft.transfer(transferId);
  if (batchId === null) draft.finish({ commandId, status, refusal: why, transfer });
  if (hasWaited(transfer)) draft.forget(transferWorkflowId(tenant, transferId));
}

/** All events of a transfer correlate by its id and are caused by its command. */
export function eventMetadata(item: TransferItem): EventMetadata {
  const { commandId, transferId, actor } = item;
  return { commandId, correlationId: transferId, causationId: commandId, actor };
}
