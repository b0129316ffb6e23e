import { ActivityFailure, CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { Tenant } from '../domain/ids.ts';
import { type Refusal, refusal } from '../domain/refusals.ts';
import type { LegResult, TransferEnd, WireItem } from '../domain/saga.ts';
import { type Deadline, deadlineIn, runStep } from './steps.ts';

type Item = WireItem;

const CANCELLED = refusal('processing-failed', 'The workflow was cancelled before the transfer was decided.');

/** A compensation that is registered for each transfer before anything is done for it. */
type Compensations = Map<string, { item: Item; reason: Refusal }>;

type Saga = {
  readonly tenant: Tenant;
  readonly compensations: Compensations;
  readonly ends: Map<string, TransferEnd>;
  readonly deadline: Deadline;
};

/**
 * Moves money for a list of transfers; a single transfer is a list of one. Every item is registered for
 * compensation BEFORE its debit, and taken off only when it is known to have ended; what is still registered
 * when the steps are over, for whatever reason, is compensated, and cancelling the workflow cannot stop that.
 * So a step whose reply was lost is never forgotten. Returns how each transfer ended, in the list's order; one that
 * waits (for its time, or a person) has not begun, and goes on in a workflow of its own.
 */
export async function transferSaga(
  tenant: Tenant,
  items: readonly Item[],
  deadlineMs: number,
): Promise<TransferEnd[]> {
  const late = refusal('deadline-exceeded', `The transfer was not decided within ${deadlineMs} ms.`);
  const compensations: Compensations = new Map(
    items.map((item) => [item.transferId, { item, reason: late }]),
  );
  const saga: Saga = { tenant, compensations, ends: new Map(), deadline: deadlineIn(deadlineMs) };
  try {
    const debited = await debit(saga, items);
    if (debited.length > 0) await credit(saga, debited);
  } catch (error) {
    if (!isCancellation(error) && !(error instanceof ActivityFailure)) throw error;
    if (isCancellation(error)) for (const registered of compensations.values()) registered.reason = CANCELLED;
    log.warn('a step did not come to an end, its transfers are compensated', { error: String(error) });
  }
  if (compensations.size > 0) await CancellationScope.nonCancellable(() => compensate(saga));
  return items.map(({ transferId }) => endOf(saga, transferId));
}

/** Returns the items that were debited and want their credit. */
async function debit(saga: Saga, items: readonly Item[]): Promise<Item[]> {
  const results = await runStep(
    'debit',
    { tenant: saga.tenant, items },
    `debit ${named(items)}`,
    saga.deadline,
  );
  for (const result of results) {
    const { transferId, until } = result;
    if (result.result === 'refused') end(saga, { transferId, status: 'rejected' });
    else if (result.result === 'waits' && until !== undefined)
      end(saga, { transferId, status: 'waits', until });
    else explain(saga, result);
  }
  const done = new Set(results.filter(({ result }) => result === 'done').map(({ transferId }) => transferId));
  return items.filter(({ transferId }) => done.has(transferId));
}

async function credit(saga: Saga, items: readonly Item[]): Promise<void> {
  const results = await runStep(
    'credit',
    { tenant: saga.tenant, items },
    `credit ${named(items)}`,
    saga.deadline,
  );
  for (const result of results) {
    if (result.result === 'done') end(saga, { transferId: result.transferId, status: 'completed' });
    else explain(saga, result);
  }
}

/** A refund retries without limit: no deadline. */
async function compensate(saga: Saga): Promise<void> {
  const items = [...saga.compensations.values()].map(({ item, reason }) => ({ ...item, reason }));
  for (const result of await runStep(
    'refund',
    { tenant: saga.tenant, items },
    `refund ${named(items)}`,
    null,
  )) {
    end(saga, result);
  }
}

function end(saga: Saga, result: TransferEnd): void {
  saga.compensations.delete(result.transferId);
  saga.ends.set(result.transferId, result);
}

/** Keeps the item registered, with the reason that its refund will tell. */
function explain(saga: Saga, result: LegResult): void {
  const registered = saga.compensations.get(result.transferId);
  if (registered !== undefined && result.refusal !== null) registered.reason = result.refusal;
}

function endOf(saga: Saga, transferId: string): TransferEnd {
  const found = saga.ends.get(transferId);
  if (found === undefined) throw new Error(`transfer ${transferId} has no end: the saga lost it`);
  return found;
}

function named(items: readonly Item[]): string {
  const [first] = items;
  if (items.length !== 1 || first === undefined) return `${items.length} transfers`;
  return `${first.transferId}: ${first.amountMinor} ${first.currency} minor units, ${first.from} to ${first.to}`;
}
