import type { AccountEvent, EventMetadata } from '../domain/events.ts';
import { type AccountId, accountStream, type StreamId, type Tenant, transferStream } from '../domain/ids.ts';
import type { Waits } from '../domain/legs.ts';
import { type Decision, type Refusal, refusal } from '../domain/refusals.ts';
import { type LegResult, readItem, type TransferItem, type TransferList } from '../domain/saga.ts';
import { termsOf } from '../domain/terms.ts';
import { hasWaited } from '../domain/transfer.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome } from '../sql/outcomes.ts';
import { inChunks } from './chunks.ts';
import type { ActivityDeps } from './deps.ts';
import { ownWorkflow, transferWorkflowId } from './own-workflow.ts';

/** What tells one step of the saga from the other. */
export type LegRules = {
  readonly leg: 'debit' | 'credit';
  /** The account whose head decides. */
  readonly accountOf: (item: TransferItem) => AccountId;
  readonly decide: (draft: Draft, item: TransferItem) => Decision<AccountEvent> | Waits;
  /** What else changes where the step is done. */
  readonly whenDone?: (draft: Draft, item: TransferItem) => void;
  /** What the transfer's own stream says of a refusal. */
  readonly refusedAs: 'TransferRejected' | 'CreditRefused';
  /** Which result ends the transfer, and with it the command: a refused credit still has its refund before it. */
  readonly endsOn: 'refused' | 'done';
};

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
  return ({ tenant, items }: TransferList): Promise<LegResult[]> =>
    inChunks({
      items,
      log: deps.log,
      decide: (wire) => decideChunk(deps, rules, tenant, wire.map(readItem)),
      poison: async ({ transferId }): Promise<LegResult> => ({
        transferId,
        result: 'failed',
        refusal: PROCESSING_FAILED,
      }),
    });
}

function decideChunk(deps: ActivityDeps, rules: LegRules, tenant: Tenant, items: readonly TransferItem[]) {
  const needs = {
    tenant,
    streams: items.flatMap((item) => [accountStream(rules.accountOf(item)), ...transferStreams(item)]),
    outcomes: items.map(({ transferId: subjectId }) => ({ subjectId, leg: rules.leg })),
  };
  return transact(deps.pool, needs, deps.now, (draft) =>
    items.map((item) => once(draft, tenant, item, rules)),
  );
}

/** The heads of the transfer and of the one that it takes back, whose sum of reversals it changes. */
export function transferStreams({ transferId, reverses }: TransferItem): StreamId[] {
  return [transferStream(transferId), ...(reverses === null ? [] : [transferStream(reverses)])];
}

function once(draft: Draft, tenant: Tenant, item: TransferItem, rules: LegRules): LegResult {
  const { transferId } = item;
  const key = { subjectId: transferId, leg: rules.leg };
  const earlier = draft.outcome(key);
  if (earlier !== undefined) return { transferId, result: earlier.result, refusal: earlier.refusal };
  const decision = rules.decide(draft, item);
  if (decision.ok === 'waits') return wait(draft, tenant, item, decision);
  const outcome = apply(draft, item, decision, rules);
  draft.record(key, outcome);
  if (outcome.result === rules.endsOn) {
    endTransfer(draft, tenant, item, outcome.result === 'done' ? 'completed' : 'refused', outcome.refusal);
  }
  return { transferId, result: outcome.result, refusal: outcome.refusal };
}

/** Nothing is decided: a workflow of the transfer's own looks again, also when Temporal's state is lost meanwhile. */
function wait(draft: Draft, tenant: Tenant, item: TransferItem, { event, until }: Waits): LegResult {
  if (event !== null) {
    draft.appendToTransfer(item.transferId, event, eventMetadata(item));
    draft.expect(ownWorkflow(tenant, item, until));
    if (item.batchId === null) draft.defer(item.commandId, until);
  }
  return { transferId: item.transferId, result: 'waits', refusal: null, until };
}

function apply(
  draft: Draft,
  item: TransferItem,
  decision: Decision<AccountEvent>,
  { accountOf, refusedAs, whenDone }: LegRules,
): Outcome {
  if (!decision.ok) {
    const event = { type: refusedAs, data: { ...termsOf(item), refusal: decision.refusal } };
    draft.appendToTransfer(item.transferId, event, eventMetadata(item));
    return { result: 'refused', refusal: decision.refusal, detail: null };
  }
  for (const event of decision.events) draft.appendToAccount(accountOf(item), event, eventMetadata(item));
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
  if (batchId === null) draft.finish({ commandId, status, refusal: why });
  if (hasWaited(draft.transfer(transferId))) draft.forget(transferWorkflowId(tenant, transferId));
}

/** All events of a transfer correlate by its id and are caused by its command. */
export function eventMetadata(item: TransferItem): EventMetadata {
  const { commandId, transferId, actor } = item;
  return { commandId, correlationId: transferId, causationId: commandId, actor };
}
