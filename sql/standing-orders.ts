import type { Metadata } from '../domain/events.ts';
import type { AccountId, OrderId, Tenant } from '../domain/ids.ts';
import type {
  OrderChange,
  OrderPause,
  OrderStatus,
  OrderSubject,
  OrderTerms,
  Overlap,
  StandingOrder,
  StoredOrderStatus,
} from '../domain/standing-order.ts';
import type { PoolClient, Queryable } from '../platform/postgres.ts';

/** Between two looks at an order's Schedule: doubled each time up to the longest. */
const CHECK_BACKOFF_MS = { first: 5_000, longest: 600_000 };

/** A run should be recorded this soon after it was due. */
export const RUN_GRACE_MS = 5_000;

/** A deleted order's Schedule is looked after this often: a late hand may have made it again. */
const LAST_CHECKS = 4;

const COLUMNS = `tenant, order_id, from_account_id, to_account_id, amount_minor, currency, description, reference, metadata,
  cron, every, until_at, overlap, catch_up, status, reason, revision, due_after, pauses, created_at`;

type Row = {
  tenant: Tenant;
  order_id: OrderId;
  from_account_id: AccountId;
  to_account_id: AccountId;
  amount_minor: bigint;
  currency: string;
  description: string | null;
  reference: string | null;
  metadata: Metadata;
  cron: string | null;
  every: string | null;
  until_at: string | null;
  overlap: Overlap;
  catch_up: string | null;
  status: StoredOrderStatus;
  reason: string | null;
  revision: number;
  due_after: string;
  pauses: OrderPause[];
  created_at: string;
};

/** Inserts an order, active from `createdAt` on, within the transaction that records its command. */
export async function insertStandingOrder(
  client: PoolClient,
  tenant: Tenant,
  order: OrderTerms,
  createdAt: string,
): Promise<void> {
  await client.query({
    name: 'insert-standing-order',
    text: `insert into standing_orders (tenant, order_id, from_account_id, to_account_id, amount_minor, currency,
             description, reference, metadata, cron, every, until_at, overlap, catch_up, status, due_after, created_at,
             check_after)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'active', $15, $15,
             now() + make_interval(secs => $16 / 1000.0))`,
    values: [
      tenant,
      order.orderId,
      order.from,
      order.to,
      order.amountMinor,
      order.currency,
      order.description,
      order.reference,
      JSON.stringify(order.metadata),
      order.cron,
      order.every,
      order.until,
      order.overlap,
      order.catchUp,
      createdAt,
      CHECK_BACKOFF_MS.first,
    ],
  });
}

/** One order, or undefined. */
export async function readStandingOrder(
  db: Queryable,
  { tenant, orderId }: OrderSubject,
): Promise<StandingOrder | undefined> {
  const { rows } = await db.query<Row>({
    name: 'read-standing-order',
    text: `select ${COLUMNS} from standing_orders where tenant = $1 and order_id = $2`,
    values: [tenant, orderId],
  });
  return rows[0] && toOrder(rows[0]);
}

/** The same, kept from changing until the transaction ends. */
export async function lockStandingOrder(
  client: PoolClient,
  { tenant, orderId }: OrderSubject,
): Promise<StandingOrder | undefined> {
  const { rows } = await client.query<Row>({
    name: 'lock-standing-order',
    text: `select ${COLUMNS} from standing_orders where tenant = $1 and order_id = $2 for no key update`,
    values: [tenant, orderId],
  });
  return rows[0] && toOrder(rows[0]);
}

/** Writes what a command changed, within its transaction; the Schedule is soon looked after. */
export async function changeStandingOrder(
  client: PoolClient,
  { tenant, orderId }: OrderSubject,
  change: OrderChange,
): Promise<void> {
  await client.query({
    name: 'change-standing-order',
    text: `update standing_orders
           set status = $3, reason = $4, due_after = $5, pauses = $6, revision = revision + 1, checks = 0,
             check_after = now() + make_interval(secs => $7 / 1000.0)
           where tenant = $1 and order_id = $2`,
    values: [
      tenant,
      orderId,
      change.status,
      change.reason,
      change.dueAfter,
      JSON.stringify(change.pauses),
      CHECK_BACKOFF_MS.first,
    ],
  });
}

export type OrderFilter = {
  readonly status: OrderStatus | null;
  /** On either side. */
  readonly accountId: string | null;
};

/** A page of orders in the order of their ids, after an id; `at` (ISO 8601) decides which have ended. */
export async function listStandingOrders(
  db: Queryable,
  tenant: Tenant,
  filter: OrderFilter,
  page: { readonly limit: number; readonly after: string | null; readonly at: string },
): Promise<StandingOrder[]> {
  const values = [tenant, page.after ?? '', filter.status, page.at, page.limit];
  const { rows } =
    filter.accountId === null
      ? await db.query<Row>({ name: 'list-standing-orders', text: listed(''), values })
      : await db.query<Row>({
          name: 'list-standing-orders-of-account',
          text: OF_ACCOUNT,
          values: [...values, filter.accountId],
        });
  return rows.map(toOrder);
}

function listed(side: string): string {
  return `select ${COLUMNS} from standing_orders
          where tenant = $1 and order_id > $2 ${side}
            and ($3::text is null or $3 =
              case when status <> 'deleted' and until_at < $4::timestamptz then 'ended' else status end)
          order by order_id limit $5`;
}

/** Either side has its own index, so each gives a page; an order to itself counts with its source. */
const OF_ACCOUNT = `select * from (
    (${listed('and from_account_id = $6')})
    union all
    (${listed('and to_account_id = $6 and from_account_id <> $6')})
  ) as sides
  order by order_id limit $5`;

/**
 * Takes orders whose Schedules are to be looked after, by the clock of Postgres, and moves their next look on, ever
 * more rarely, so that several reconcilers share the work.
 */
export async function takeStandingOrders(db: Queryable, limit: number): Promise<OrderSubject[]> {
  const { rows } = await db.query<{ tenant: Tenant; orderId: string }>({
    name: 'take-standing-orders',
    text: `update standing_orders
           set checks = checks + 1,
             check_after = now() +
               make_interval(secs => (0.5 + random()) * least($2 * power(2, least(checks, 20)), $3) / 1000.0)
           where (tenant, order_id) in (
             select tenant, order_id from standing_orders
             where check_after <= now()
             order by check_after limit $1
             for update skip locked)
           returning tenant, order_id as "orderId"`,
    values: [limit, CHECK_BACKOFF_MS.first, CHECK_BACKOFF_MS.longest],
  });
  return rows;
}

/**
 * Remembers that the Schedule equals the order: it is looked after again when `nextRun` is overdue, or earlier.
 * `last` says that there is nothing more to come. Answers false where the order has changed meanwhile.
 */
export async function settleStandingOrder(
  db: Queryable,
  order: Pick<StandingOrder, 'tenant' | 'orderId' | 'revision'>,
  { nextRun, last }: { readonly nextRun: Date | null; readonly last: boolean },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'settle-standing-order',
    text: `update standing_orders
           set check_after = case when $5 and checks >= $6 then null else
             least(check_after, $4::timestamptz + make_interval(secs => $7 / 1000.0)) end
           where tenant = $1 and order_id = $2 and revision = $3`,
    values: [order.tenant, order.orderId, order.revision, nextRun, last, LAST_CHECKS, RUN_GRACE_MS],
  });
  return rowCount === 1;
}

/** Puts the next look off, within the transaction that records a run: the Schedule lives. */
export async function deferStandingOrder(
  client: PoolClient,
  { tenant, orderId }: OrderSubject,
  nextRun: Date | null,
): Promise<void> {
  await client.query({
    name: 'defer-standing-order',
    text: `update standing_orders
           set checks = 0, check_after = greatest(check_after, least(
             $3::timestamptz + make_interval(secs => $4 / 1000.0), now() + make_interval(secs => $5 / 1000.0)))
           where tenant = $1 and order_id = $2 and check_after is not null`,
    values: [tenant, orderId, nextRun, RUN_GRACE_MS, CHECK_BACKOFF_MS.longest],
  });
}

function toOrder(row: Row): StandingOrder {
  return {
    tenant: row.tenant,
    orderId: row.order_id,
    from: row.from_account_id,
    to: row.to_account_id,
    amountMinor: row.amount_minor,
    currency: row.currency,
    description: row.description,
    reference: row.reference,
    metadata: row.metadata,
    cron: row.cron,
    every: row.every,
    until: row.until_at,
    overlap: row.overlap,
    catchUp: row.catch_up,
    status: row.status,
    reason: row.reason,
    revision: row.revision,
    dueAfter: row.due_after,
    pauses: row.pauses,
    createdAt: row.created_at,
  };
}
