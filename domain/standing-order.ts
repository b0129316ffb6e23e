import { parseDuration } from './duration.ts';
import type { Metadata } from './events.ts';
import type { AccountId, CommandId, OrderId, Tenant, TransferId } from './ids.ts';
import { type Refusal, refusal } from './refusals.ts';
import type { TransferStatus } from './transfer.ts';
import { unreachable } from './unreachable.ts';

/** What becomes of a run that is due while an earlier one's transfer is not final (it waits for its approval, say). */
export const OVERLAPS = ['allow-all', 'buffer-one', 'skip'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** `ended` is not stored: it is what an order is once its `until` has passed. */
export const ORDER_STATUSES = ['active', 'paused', 'ended', 'deleted'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];
export type StoredOrderStatus = Exclude<OrderStatus, 'ended'>;

/** What is to be paid and when. Never changed; exactly one of `cron` and `every` is set. */
export type OrderTerms = {
  readonly orderId: OrderId;
  readonly from: AccountId;
  readonly to: AccountId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly description: string | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
  /** Five fields, UTC. */
  readonly cron: string | null;
  /** A duration, counted from the second of the order's creation; the first run comes one after it. */
  readonly every: string | null;
  /** No run is due after this instant. */
  readonly until: string | null;
  readonly overlap: Overlap;
  /** A duration: how far back missed runs are made up for; null is all of them. */
  readonly catchUp: string | null;
};

export type StandingOrder = OrderTerms & {
  readonly tenant: Tenant;
  readonly status: StoredOrderStatus;
  /** Why it was paused or resumed. */
  readonly reason: string | null;
  /** Grows with each change of the order. */
  readonly revision: number;
  /** Runs due at or before this instant are not done: the order was not there, or it is too long ago to tell. */
  readonly dueAfter: string;
  /** When it was paused since then, oldest first: what is due in a pause is not done, not even later. */
  readonly pauses: readonly OrderPause[];
  readonly createdAt: string;
};

/** From the instant after `from` through `to`; null while it lasts. */
export type OrderPause = { readonly from: string; readonly to: string | null };

/** Of more pauses than this the oldest are forgotten, and whatever was due before their end. */
const MAX_PAUSES = 100;

/** One time that an order was due, and what came of it. */
export type OrderRun = {
  readonly scheduledAt: string;
  /** Null where the transfer's id belonged to another request: nothing was paid then. */
  readonly transferId: TransferId | null;
  readonly status: TransferStatus;
  readonly refusal: Refusal | null;
};

/** What a command's answer shows of an order, as it was when the command was decided. */
export type OrderMoment = Pick<StandingOrder, 'status' | 'reason'> & {
  readonly at: string;
  readonly pastRuns: readonly OrderRun[];
};

export type OrderSubject = { readonly tenant: Tenant; readonly orderId: string };

export type OrderCommand =
  | { readonly type: 'createStandingOrder'; readonly data: { readonly orderId: string } }
  | {
      readonly type: 'pauseStandingOrder' | 'resumeStandingOrder';
      readonly data: { readonly orderId: string; readonly reason: string };
    }
  | { readonly type: 'deleteStandingOrder'; readonly data: { readonly orderId: string } };

/** Commands of standing orders on their way to their activities, each in a list of its own for now. */
export type OrderCommandList = {
  readonly tenant: Tenant;
  readonly items: readonly { readonly commandId: CommandId; readonly command: OrderCommand }[];
};

export type OrderCommandResult = {
  readonly commandId: CommandId;
  readonly result: 'done' | 'refused';
  readonly refusal: Refusal | null;
};

export type OrderChange = Pick<StandingOrder, 'status' | 'reason' | 'dueAfter' | 'pauses'>;
export type OrderDecision = { ok: true; change: OrderChange | null } | { ok: false; refusal: Refusal };

/** How an order stands at an instant (ISO 8601). */
export function statusAt(
  { status, until }: Pick<StandingOrder, 'status' | 'until'>,
  at: string,
): OrderStatus {
  return status !== 'deleted' && until !== null && until < at ? 'ended' : status;
}

/** What a command changes of an order; doing again what is done already changes nothing. */
export function decideOrder(command: OrderCommand, order: StandingOrder, at: string): OrderDecision {
  const { dueAfter, pauses } = order;
  switch (command.type) {
    case 'createStandingOrder':
      return { ok: true, change: null };
    case 'deleteStandingOrder':
      return change(order, { status: 'deleted', reason: null, dueAfter, pauses });
    case 'pauseStandingOrder':
      return whileOpen(order, at, {
        status: 'paused',
        reason: command.data.reason,
        dueAfter,
        pauses: [...pauses, { from: at, to: null }],
      });
    case 'resumeStandingOrder':
      return whileOpen(order, at, { status: 'active', reason: command.data.reason, ...resumed(order, at) });
    default:
      return unreachable(command);
  }
}

function resumed({ dueAfter, pauses }: StandingOrder, at: string): Pick<OrderChange, 'dueAfter' | 'pauses'> {
  const ended = pauses.map((pause) => (pause.to === null ? { ...pause, to: at } : pause));
  const forgotten = ended.slice(0, -MAX_PAUSES).at(-1);
  return { dueAfter: forgotten?.to ?? dueAfter, pauses: ended.slice(-MAX_PAUSES) };
}

function whileOpen(order: StandingOrder, at: string, next: OrderChange): OrderDecision {
  const status = statusAt(order, at);
  if (status === 'active' || status === 'paused') return change(order, next);
  return {
    ok: false,
    refusal: refusal('standing-order-final', `Standing order ${order.orderId} is ${status}.`),
  };
}

function change(order: StandingOrder, next: OrderChange): OrderDecision {
  return { ok: true, change: order.status === next.status ? null : next };
}

/**
 * Why a run is not to be done, or null where it is: a late one too, be the order paused meanwhile, if it was due
 * while the order was active. Of a deleted order none is.
 */
export function whyNotDue(order: StandingOrder, scheduledAt: string): string | null {
  if (order.status === 'deleted') return order.status;
  const due = Date.parse(scheduledAt);
  if (due <= Date.parse(order.dueAfter)) return 'due before the order was active';
  if (order.until !== null && due > Date.parse(order.until)) return 'due after the end';
  const isWithin = ({ from, to }: OrderPause) =>
    due > Date.parse(from) && (to === null || due <= Date.parse(to));
  return order.pauses.some(isWithin) ? 'paused' : null;
}

/** The times until `at` in which an order was active, in order: it did what was due after `start` and through `end`. */
export function activePeriods({ dueAfter, pauses }: Pick<StandingOrder, 'dueAfter' | 'pauses'>, at: Date) {
  const starts = [dueAfter, ...pauses.flatMap(({ to }) => to ?? [])];
  return starts.map((start, index) => {
    const from = pauses[index]?.from;
    return { start: new Date(start), end: from === undefined ? at : new Date(from) };
  });
}

/** A run's transfer: this id is why catching up never pays twice. `scheduledAt` has whole seconds. */
export function runTransferId(orderId: OrderId, scheduledAt: string): TransferId {
  return `${orderId}:${scheduledAt}` as TransferId;
}

/** An instant as runs are named: ISO 8601 in UTC, whole seconds. */
export function runTime(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

/** When an order is due. Intervals are counted from the second of its creation. */
export function timetableOf({
  cron,
  every,
  until,
  createdAt,
}: Pick<StandingOrder, 'cron' | 'every' | 'until' | 'createdAt'>) {
  const last = until === null ? null : new Date(until);
  if (cron !== null) return { cron, last };
  const everyMs = every === null ? undefined : parseDuration(every);
  if (everyMs === undefined) throw new Error('a standing order has a cron or an interval');
  return { everyMs, anchorMs: Math.floor(Date.parse(createdAt) / 1_000) * 1_000, last };
}

/** The Schedule of an order, and where the ids of its runs' workflows begin. */
export function orderScheduleId({ tenant, orderId }: OrderSubject): string {
  return `${tenant}/standing-order/${orderId}`;
}
