import type { OrderCommandList, OrderCommandResult } from '../domain/standing-order.ts';
import { runStep } from './steps.ts';

/** Creates a standing order: its row is there, its Schedule follows. */
export function createStandingOrder(list: OrderCommandList): Promise<OrderCommandResult[]> {
  return decideAndSync(list, 'create the standing order');
}

/** Pauses a standing order: what is due meanwhile is not made up for. */
export function pauseStandingOrder(list: OrderCommandList): Promise<OrderCommandResult[]> {
  return decideAndSync(list, 'pause the standing order');
}

/** Lets a paused standing order go on. */
export function resumeStandingOrder(list: OrderCommandList): Promise<OrderCommandResult[]> {
  return decideAndSync(list, 'resume the standing order');
}

/** Ends a standing order for good; what it did stays readable. */
export function deleteStandingOrder(list: OrderCommandList): Promise<OrderCommandResult[]> {
  return decideAndSync(list, 'delete the standing order');
}

/** Postgres decides; then Temporal's Schedule is made equal to the row. Both are tried without end. */
async function decideAndSync(list: OrderCommandList, summary: string): Promise<OrderCommandResult[]> {
  const results = await runStep('decideStandingOrders', list, summary, null);
  for (const { command } of list.items) {
    const { orderId } = command.data;
    await runStep('syncStandingOrder', { tenant: list.tenant, orderId }, `schedule ${orderId}`, null);
  }
  return results;
}
