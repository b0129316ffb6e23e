import type { AccountEvent, DomainEvent, EventMetadata, TransferEvent } from '../domain/events.ts';
import { type AccountId, accountStream, type StreamId, type Tenant, transferStream } from '../domain/ids.ts';
import type { Decision } from '../domain/refusals.ts';
import type { TransferItem } from '../domain/saga.ts';
import { termsOf } from '../domain/terms.ts';
import type { Transfer } from '../domain/transfer.ts';
import {
  type ActionItem,
  decideApprove,
  decideCancel,
  decideDecline,
  decideSettlement,
  type Ending,
  type TransferAction,
  type TransferActionList,
  type TransferActionResult,
} from '../domain/transfer-actions.ts';
import { unreachable } from '../domain/unreachable.ts';
import { transferWorkflowId } from '../domain/workflow-ids.ts';
import { encodeState } from '../sql/codec.ts';
import type { Draft } from '../sql/draft.ts';
import { transact } from '../sql/ledger.ts';
import type { Outcome, OutcomeKey } from '../sql/outcomes.ts';
import { readTransfer, type TransferRecord } from '../sql/read-transfer.ts';
import { inChunks } from './chunks.ts';
import { decideOnce } from './decide-once.ts';
import type { ActivityDeps } from './deps.ts';
import { PROCESSING_FAILED } from './legs.ts';
import { undo } from './refund.ts';

/** An action, and the transfer that it is about with the command that asked for that one. */
type Target = { readonly tenant: Tenant; readonly item: ActionItem; readonly record: TransferRecord };

const DONE: Outcome = { result: 'done', refusal: null, detail: null };

/**
 * Decides what people ask of transfers (cancel, approve, decline, retry, resolve), on a list, under the lock of each
 * transfer's head. Each acts once: its outcome row holds what was decided and the transfer after it. The workflow in
 * which the transfer waits is nudged, and finds what was decided. One that cannot be processed even alone is
 * refused, so that it has an end. Throws for outages.
 */
export function createDecideTransferActions(deps: ActivityDeps) {
  return ({ tenant, items }: TransferActionList): Promise<TransferActionResult[]> => {
    const decideAll = <Asked extends Pick<Target, 'item'>>(
      asked: readonly Asked[],
      streams: StreamId[],
      decideOne: (draft: Draft, asked: Asked) => Outcome,
    ) => {
      const needs = { tenant, streams, outcomes: asked.flatMap(({ item }) => outcomesOf(item)) };
      return transact(deps, needs, (draft) =>
        asked.map((one) => decideOnce(draft, one.item.commandId, () => decideOne(draft, one))),
      );
    };
    return inChunks({
      items,
      log: deps.log,
      decide: async (chunk) => {
        const targets = await targetsOf(deps, tenant, chunk);
        return decideAll(targets, targets.flatMap(streamsOf), apply);
      },
      poison: async (item) => {
        const giveUp = () => ({ result: 'refused' as const, refusal: PROCESSING_FAILED, detail: null });
        return (await decideAll([{ item }], [], giveUp))[0] as TransferActionResult;
      },
    });
  };
}

/** What was asked never changes, so it is read before the locks: a transfer that was not begun has no head yet. */
async function targetsOf({ pool }: ActivityDeps, tenant: Tenant, items: readonly ActionItem[]) {
  const targets: Target[] = [];
  for (const item of items) {
    const { transferId } = item.action.data;
    const record = await readTransfer(pool, tenant, transferId);
    if (record === undefined) throw new Error(`there is no transfer ${transferId} to ${item.action.type}`);
    targets.push({ tenant, item, record });
  }
  return targets;
}

function outcomesOf({ commandId, action }: ActionItem): OutcomeKey[] {
  return [
    { subjectId: commandId, leg: 'command' },
    { subjectId: action.data.transferId, leg: 'debit' },
  ];
}

/** The transfer's head, and for a settlement whose account it touches and which transfer it gives back. */
function streamsOf({ item: { action }, record: { transfer } }: Target): StreamId[] {
  const own = transferStream(transfer.transferId);
  if (action.type !== 'retry' && action.type !== 'resolve') return [own];
  const { reverses } = transfer;
  return [
    own,
    accountStream(settledTo(action, transfer)),
    ...(reverses === null ? [] : [transferStream(reverses)]),
  ];
}

function settledTo(action: TransferAction, { from }: Transfer): AccountId {
  return action.type === 'resolve' ? action.data.to : from;
}

function apply(draft: Draft, target: Target): Outcome {
  const { tenant, item, record } = target;
  const { transferId } = item.action.data;
  const decision = decide(draft, target, draft.transfer(transferId) ?? record.transfer);
  if (!decision.ok) return { result: 'refused', refusal: decision.refusal, detail: null };
  draft.nudge(transferWorkflowId(tenant, transferId));
  const transfer = draft.transfer(transferId);
  if (transfer === null) throw new Error(`transfer ${transferId} is missing after ${item.action.type}`);
  return { result: 'done', refusal: null, detail: { transfer: encodeState(transfer) } };
}

/** Decides one action and, where it is accepted, appends what comes of it. */
function decide(draft: Draft, target: Target, transfer: Transfer): Decision<DomainEvent> {
  const { action } = target.item;
  const { reason } = action.data;
  switch (action.type) {
    case 'cancel': {
      const debitDecided = draft.outcome(debitOf(transfer)) !== undefined;
      return end(draft, target, decideCancel(transfer, debitDecided, reason), 'void');
    }
    case 'decline':
      return end(draft, target, decideDecline(transfer, reason, draft.at), 'refused');
    case 'approve': {
      const decision = decideApprove(transfer, reason, draft.at);
      if (decision.ok) append(draft, target.item, decision.events);
      return decision;
    }
    case 'retry':
    case 'resolve':
      return settle(draft, target.item, transfer);
    default:
      return unreachable(action);
  }
}

/** Ends a transfer before its debit, whose outcome is the fence: a late attempt of it finds that, and does nothing. */
function end(
  draft: Draft,
  { item, record: { command, transfer } }: Target,
  decision: Decision<Ending>,
  debit: 'void' | 'refused',
): Decision<Ending> {
  if (!decision.ok) return decision;
  append(draft, item, decision.events);
  const why = decision.events[0]?.data.refusal ?? null;
  draft.record(debitOf(transfer), { result: debit, refusal: debit === 'void' ? null : why, detail: null });
  // A batch's command ends with the batch.
  if (command.type === 'transfer') {
    draft.finish({ commandId: command.commandId, status: 'refused', refusal: why });
  }
  return decision;
}

function debitOf({ transferId }: Transfer): OutcomeKey {
  return { subjectId: transferId, leg: 'debit' };
}

function append(draft: Draft, item: ActionItem, events: readonly TransferEvent[]): void {
  const { transferId } = item.action.data;
  for (const event of events) draft.appendToTransfer(transferId, event, metadataOf(item));
}

/** Moves parked money; the leg's outcome exists once this has succeeded, and only then. */
function settle(draft: Draft, item: ActionItem, transfer: Transfer): Decision<AccountEvent> {
  const to = settledTo(item.action, transfer);
  const decision = decideSettlement(transfer, to, draft.account(to), draft.at);
  if (!decision.ok) return decision;
  for (const event of decision.events) draft.appendToAccount(to, event, metadataOf(item));
  const data = { ...termsOf(transfer), settledTo: to, reason: item.action.data.reason };
  append(draft, item, [{ type: 'TransferSettled', data }]);
  // Back at its source, a reversal has taken nothing from the transfer that it reverses.
  if (to === transfer.from) undo(draft, asItem(item, transfer));
  draft.record({ subjectId: transfer.transferId, leg: 'settle' }, DONE);
  return decision;
}

/** The transfer as the person's command moves it now. */
function asItem({ commandId, actor }: ActionItem, transfer: Transfer): TransferItem {
  return { ...termsOf(transfer), executeAt: null, commandId, batchId: null, actor };
}

/** All events of a transfer correlate by its id; these are caused by the person's command. */
function metadataOf({ commandId, actor, action }: ActionItem): EventMetadata {
  const { transferId } = action.data;
  return { commandId, correlationId: transferId, causationId: commandId, actor };
}
