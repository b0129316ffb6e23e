import { ActivityFailure, CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { Tenant } from '../domain/ids.ts';
import type { ItemRange } from '../domain/item-ranges.ts';
import type { TransferEnd, WireItem } from '../domain/saga.ts';
import { createListPortion } from './list-portion.ts';
import type { Portion } from './portion.ts';
import { createRangePortion } from './range-portion.ts';
import { deadlineIn } from './steps.ts';

/**
 * Moves money for a list of transfers; a single transfer is a list of one. Returns how each ended, in the list's
 * order; one that waits (for its time, or a person) has not begun, and goes on in a workflow of its own.
 */
export async function transferSaga(
  tenant: Tenant,
  items: readonly WireItem[],
  deadlineMs: number,
): Promise<TransferEnd[]> {
  const portion = createListPortion(tenant, items, deadlineMs);
  await runSaga(portion, deadlineMs);
  return items.map(({ transferId }) => portion.endOf(transferId));
}

/** Moves money for transfers that are rows, by the same steps; how each ended stands in Postgres. */
export function rangeSaga(range: ItemRange, deadlineMs: number): Promise<void> {
  return runSaga(createRangePortion(range, deadlineMs), deadlineMs);
}

/**
 * Every item is registered for compensation BEFORE its debit, and taken off only when it is known to have ended; what
 * is still registered when the steps are over, for whatever reason, is compensated, and cancelling the workflow
 * cannot stop that. So a step whose reply was lost is never forgotten.
 */
async function runSaga(portion: Portion, deadlineMs: number): Promise<void> {
  const deadline = deadlineIn(deadlineMs);
  try {
    if (await portion.debit(deadline)) await portion.credit(deadline);
  } catch (error) {
    if (!isCancellation(error) && !(error instanceof ActivityFailure)) throw error;
    if (isCancellation(error)) portion.withdraw();
    log.warn('a step did not come to an end, its transfers are compensated', { error: String(error) });
  }
  if (portion.isOpen()) await CancellationScope.nonCancellable(() => portion.compensate());
}
