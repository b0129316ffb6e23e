import type { TransferId } from '../domain/ids.ts';
import { refusal } from '../domain/refusals.ts';
import {
  type OrderSubject,
  runTransferId,
  type StandingOrder,
  timetableOf,
  whyNotDue,
} from '../domain/standing-order.ts';
import type { PoolClient } from '../platform/postgres.ts';
import { runsAfter } from '../platform/timetable.ts';
import { type Command, readClaimingCommand, recordCommand } from '../sql/commands.ts';
import { insertRun, type NewRun, readRun } from '../sql/standing-order-runs.ts';
import { deferStandingOrder, lockStandingOrder, readStandingOrder } from '../sql/standing-orders.ts';
import { inTransaction } from '../sql/transaction.ts';
import type { ActivityDeps } from './deps.ts';

/** What a run came to, and the workflow that moves its money. */
export type RequestedRun =
  | {
      readonly result: 'requested';
      readonly transferId: TransferId;
      readonly workflow: { readonly id: string; readonly input: object; readonly summary: string };
    }
  /** The order is paused, deleted, over, or was not yet there. */
  | { readonly result: 'not-due'; readonly why: string }
  /** The transfer's id belongs to another request: recorded as a refused run. */
  | { readonly result: 'taken' };

/** Ends the transaction of a run that must not be. */
class NotDue extends Error {}

/**
 * Records the transfer of a run as a command, as the API does, and the run, in one transaction in which the order is
 * active. Acts once for each time: the transfer's id is made of it, and only one command may claim that.
 * @throws for outages
 */
export function createRequestStandingTransfer({ pool, transfers }: ActivityDeps) {
  return async (input: OrderSubject & { readonly scheduledAt: string }): Promise<RequestedRun> => {
    const { tenant, orderId, scheduledAt } = input;
    const order = await readStandingOrder(pool, input);
    if (order === undefined) return { result: 'not-due', why: `there is no order ${orderId}` };
    const transferId = runTransferId(order.orderId, scheduledAt);
    const { command, work } = transfers.newTransfer(
      { ...termsOf(order), transferId },
      { tenant, principal: `standing-order/${orderId}` },
    );
    const run: NewRun = { tenant, orderId, scheduledAt, transferId, refusal: null };
    try {
      const recorded = await recordCommand(pool, command, async (client) => {
        await work(client);
        await insertDueRun(client, run);
      });
      if (recorded.kind === 'recorded') return requested(transfers, recorded.command, transferId);
      const mine = await readRun(pool, input, scheduledAt);
      if (mine === undefined) await inTransaction(pool, (client) => insertDueRun(client, taken(run)));
      if (mine === undefined || mine.transferId === null) return { result: 'taken' };
      const earlier = await readClaimingCommand(pool, tenant, 'transfer', mine.transferId);
      if (earlier === undefined)
        throw new Error(`transfer ${transferId} was requested, and nobody claims it`);
      return requested(transfers, earlier, transferId);
    } catch (error) {
      if (error instanceof NotDue) return { result: 'not-due', why: error.message };
      throw error;
    }
  };
}

function termsOf({ from, to, amountMinor, currency, description, reference, metadata }: StandingOrder) {
  return { from, to, amountMinor, currency, description, reference, metadata };
}

/** @throws NotDue, which rolls the command back as well */
async function insertDueRun(client: PoolClient, run: NewRun): Promise<void> {
  const order = await lockStandingOrder(client, run);
  const why = order === undefined ? 'gone' : whyNotDue(order, run.scheduledAt);
  if (order === undefined || why !== null) throw new NotDue(why ?? 'gone');
  await insertRun(client, run);
  const [nextRun = null] = runsAfter(timetableOf(order), new Date(run.scheduledAt), 1);
  await deferStandingOrder(client, order, nextRun);
}

function taken(run: NewRun): NewRun {
  const detail = `Transfer ${run.transferId} belongs to another request.`;
  return { ...run, transferId: null, refusal: refusal('transfer-exists', detail) };
}

function requested(
  transfers: ActivityDeps['transfers'],
  command: Command,
  transferId: TransferId,
): RequestedRun {
  const { workflowId } = command;
  if (workflowId === null) throw new Error(`transfer ${transferId} has no workflow`);
  const { args: input, summary } = transfers.workflowOf(command);
  return { result: 'requested', transferId, workflow: { id: workflowId, input, summary } };
}
