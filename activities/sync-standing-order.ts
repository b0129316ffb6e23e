import { parseDuration } from '../domain/duration.ts';
import {
  activePeriods,
  type OrderSubject,
  orderScheduleId,
  type StandingOrder,
  timetableOf,
  whyNotDue,
} from '../domain/standing-order.ts';
import type { Pool } from '../platform/postgres.ts';
import { justBefore, type Schedules, type WantedSchedule } from '../platform/schedules.ts';
import { runsAfter } from '../platform/timetable.ts';
import { listRuns, readRun } from '../sql/standing-order-runs.ts';
import { RUN_GRACE_MS, readStandingOrder, settleStandingOrder } from '../sql/standing-orders.ts';

export type SyncDeps = { readonly pool: Pool; readonly schedules: Schedules; readonly now: () => Date };

/** Where no catchUp says less: as long as an order can be thought to live. */
const ALL_MS = 3_650 * 86_400_000;
/** Runs whose rows are looked at for one that is missing: one that is late may have a later neighbour. */
const LOOK_BACK = 10;
/** An order whose end has passed is looked after for this long. */
const LINGER_MS = 3_600_000;
/** An order that changes while it is synced is read again, this often. */
const MAX_ROUNDS = 5;

/**
 * Makes an order's Schedule equal to its row: creates, pauses, goes on or deletes it, and starts the runs that were
 * missed. Made to be repeated, by commands and by the reconciler, also at once: who finds that the row has changed
 * meanwhile begins again, so that what was written last is what stays.
 * @throws while Temporal or Postgres is away
 */
export function createSyncStandingOrder({ pool, schedules, now }: SyncDeps) {
  return async (subject: OrderSubject): Promise<void> => {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const order = await readStandingOrder(pool, subject);
      if (order === undefined) return;
      const nextLook = await bring({ pool, schedules, now }, order);
      if (await settleStandingOrder(pool, order, nextLook)) return;
    }
    throw new Error(`standing order ${subject.orderId} changes faster than it can be scheduled`);
  };
}

async function bring({ pool, schedules, now }: SyncDeps, order: StandingOrder) {
  const scheduleId = orderScheduleId(order);
  if (order.status === 'deleted') {
    await schedules.remove(scheduleId);
    return { nextRun: null, last: true };
  }
  const { tenant, orderId, overlap, status, reason } = order;
  const at = now();
  const timetable = timetableOf(order);
  const runs = await listRuns(pool, order, { limit: LOOK_BACK, before: null });
  const done = runs.map((run) => run.scheduledAt);
  const missed = missedRuns(order, done, at);
  await schedules.ensure({
    scheduleId,
    timetable,
    workflowType: 'standingOrderRun',
    input: { tenant, orderId },
    overlap,
    catchUpMs: catchUpMs(order),
    paused: status === 'paused',
    note: reason ?? 'as it was created',
    asOf: at,
    ...missed,
    isDone: async (run) => {
      const time = run.toISOString();
      return whyNotDue(order, time) !== null || (await readRun(pool, order, time)) !== undefined;
    },
  });
  // While a run is overdue the looks become rarer by themselves.
  const nextRun =
    status === 'paused' || missed.overdue.length > 0 ? null : (runsAfter(timetable, at, 1)[0] ?? null);
  const last = order.until !== null && Date.parse(order.until) + LINGER_MS < at.getTime();
  return { nextRun, last };
}

type Missed = Pick<WantedSchedule, 'missed' | 'overdue'>;

/**
 * The runs that were due while the order was active, and have no row. Those that may not overlap have none lawfully
 * where they were skipped: only a Schedule that is missing makes up for them, from the latest one that was done.
 */
function missedRuns(order: StandingOrder, done: readonly string[], at: Date): Missed {
  const all = order.overlap === 'allow-all';
  const latest = all && done.length < LOOK_BACK ? undefined : all ? done.at(-1) : done[0];
  const from = new Date(
    Math.max(latest === undefined ? 0 : Date.parse(latest), at.getTime() - catchUpMs(order)),
  );
  const known = new Set(done.map((time) => Date.parse(time)));
  const periods = activePeriods(order, at)
    .map(({ start, end }) => ({ start: start > from ? start : from, end }))
    .filter(({ start, end }) => start < end);
  for (const [index, { start, end }] of periods.entries()) {
    const first = runsAfter(timetableOf(order), start, LOOK_BACK + 1).find(
      (run) => run <= end && !known.has(run.getTime()),
    );
    if (first === undefined) continue;
    const missed = [{ start: justBefore(first), end }, ...periods.slice(index + 1)];
    return { missed, overdue: all && first.getTime() + RUN_GRACE_MS < at.getTime() ? missed : [] };
  }
  return { missed: [], overdue: [] };
}

function catchUpMs({ catchUp }: StandingOrder): number {
  return (catchUp === null ? undefined : parseDuration(catchUp)) ?? ALL_MS;
}
