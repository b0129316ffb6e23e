import type { OrderSubject } from '../domain/standing-order.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { takeStandingOrders } from '../sql/standing-orders.ts';
import { runPasses } from './passes.ts';
import type { WorkflowStart } from './start-workflow.ts';

export type StandingOrderReconcilerDeps = {
  readonly pool: Pool;
  readonly log: Logger;
  readonly start: Pick<WorkflowStart, 'temporal'>;
  readonly intervalMs: number;
  /** Makes an order's Schedule equal to its row. */
  readonly sync: (order: OrderSubject) => Promise<void>;
};

/**
 * Sees to it that every standing order has its Schedule, also after Temporal has lost its state: looks at each now and
 * then, and soon when a run is overdue; what was missed is made up for. It runs as long as its process, by design.
 */
export function runStandingOrderReconciler(
  deps: StandingOrderReconcilerDeps,
  signal: AbortSignal,
): Promise<void> {
  return runPasses(
    {
      name: 'standing-orders',
      temporal: () => deps.start.temporal().client,
      log: deps.log,
      intervalMs: deps.intervalMs,
      take: (limit) => takeStandingOrders(deps.pool, limit),
      handle: (order) => check(deps, order),
    },
    signal,
  );
}

/** An order that cannot be scheduled keeps no other from it; its own next look comes. */
async function check(deps: StandingOrderReconcilerDeps, order: OrderSubject): Promise<void> {
  try {
    await deps.sync(order);
  } catch (error) {
    deps.log.warn({ err: error, ...order }, 'a standing order could not be scheduled; it is tried again');
  }
}
