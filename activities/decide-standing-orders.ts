import type { OrderCommandList, OrderCommandResult } from '../domain/standing-order.ts';
import { decideStandingOrder } from '../sql/decide-standing-order.ts';
import type { ActivityDeps } from './deps.ts';

/**
 * Decides commands of standing orders (create, pause, resume, delete), each in a transaction of its own and once.
 * Their Schedules follow (`syncStandingOrder`). Throws for outages.
 */
export function createDecideStandingOrders({ pool, now }: ActivityDeps) {
  return async ({ tenant, items }: OrderCommandList): Promise<OrderCommandResult[]> => {
    const results: OrderCommandResult[] = [];
    for (const item of items) {
      const subject = { tenant, orderId: item.command.data.orderId };
      const { result, refusal } = await decideStandingOrder(pool, subject, item, now().toISOString());
      results.push({
        commandId: item.commandId,
        result: result === 'done' ? 'done' : 'refused',
        refusal,
      });
    }
    return results;
  };
}
