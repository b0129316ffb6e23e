import type { Context } from 'hono';
import type { OrderMoment, OrderSubject, StandingOrder } from '../domain/standing-order.ts';
import type { Command } from '../sql/commands.ts';
import { SHOWN_RUNS } from '../sql/decide-standing-order.ts';
import { readOrderMoment } from '../sql/read-order-moment.ts';
import { listLatestRuns } from '../sql/standing-order-runs.ts';
import { readStandingOrder } from '../sql/standing-orders.ts';
import type { AppEnv, Deps } from './context.ts';
import { Problem } from './problem.ts';
import { standingOrderView } from './views/standing-order.ts';

/** @throws Problem 404 */
export async function loadOrder(deps: Deps, subject: OrderSubject): Promise<StandingOrder> {
  const found = await readStandingOrder(deps.pool, subject);
  if (found === undefined) throw new Problem('not-found', `There is no standing order ${subject.orderId}.`);
  return found;
}

/** Orders of one tenant as they are now, in the given order. */
export async function viewOrders(deps: Deps, orders: readonly StandingOrder[]) {
  const [first] = orders;
  if (first === undefined) return [];
  const ids = orders.map((order) => order.orderId);
  const runs = await listLatestRuns(deps.pool, first.tenant, ids, SHOWN_RUNS);
  const at = deps.now().toISOString();
  return orders.map((order) =>
    standingOrderView(order, { ...order, at, pastRuns: runs.get(order.orderId) ?? [] }),
  );
}

/**
 * What a command of a standing order is answered with: the order as it was decided, or null while it is not final.
 * @throws Problem with the refusal's code
 */
export async function orderAnswer(
  c: Context<AppEnv>,
  deps: Deps,
  command: Command,
): Promise<{ order: StandingOrder; moment: OrderMoment } | null> {
  const { tenant, resourceId: orderId, commandId, refusal } = command;
  if (command.status === 'accepted') {
    c.header('Location', `/api/commands/${commandId}`);
    return null;
  }
  if (refusal !== null) throw new Problem(refusal.code, refusal.detail);
  const order = await loadOrder(deps, { tenant, orderId });
  return { order, moment: await readOrderMoment(deps.pool, command) };
}
