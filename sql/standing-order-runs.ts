import type { OrderId, Tenant, TransferId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { OrderRun, OrderSubject } from '../domain/standing-order.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';

/** A run as it is recorded: with its transfer, or why there is none. */
export type NewRun = OrderSubject & {
  readonly scheduledAt: string;
  readonly transferId: TransferId | null;
  readonly refusal: Refusal | null;
};

/** Inserts a run; one that is there stays as it is. */
export async function insertRun(db: Queryable, run: NewRun): Promise<void> {
  await db.query({
    name: 'insert-standing-order-run',
    text: `insert into standing_order_runs (tenant, order_id, scheduled_at, transfer_id, refusal)
           values ($1, $2, $3, $4, $5) on conflict do nothing`,
    values: [
      run.tenant,
      run.orderId,
      run.scheduledAt,
      run.transferId,
      run.refusal === null ? null : JSON.stringify(run.refusal),
    ],
  });
}

/** One run of an order, or undefined. */
export async function readRun(
  db: Queryable,
  { tenant, orderId }: OrderSubject,
  scheduledAt: string,
): Promise<Pick<NewRun, 'transferId' | 'refusal'> | undefined> {
  const { rows } = await db.query<Pick<NewRun, 'transferId' | 'refusal'>>({
    name: 'read-standing-order-run',
    text: `select transfer_id as "transferId", refusal from standing_order_runs
           where tenant = $1 and order_id = $2 and scheduled_at = $3`,
    values: [tenant, orderId, scheduledAt],
  });
  return rows[0];
}

/** A page of runs, latest first; `before` is the last instant of the page before. A transfer's head tells its status. */
export async function listRuns(
  db: Queryable,
  { tenant, orderId }: OrderSubject,
  page: { readonly limit: number; readonly before: string | null },
): Promise<OrderRun[]> {
  const { rows } = await db.query<Row>({
    name: 'list-standing-order-runs',
    text: `select r.order_id, r.scheduled_at, r.transfer_id,
             case when r.transfer_id is null then 'rejected' else coalesce(h.state ->> 'status', 'requested') end as status,
             coalesce(r.refusal, h.state -> 'refusal') as refusal
           from standing_order_runs r
           left join heads h on h.tenant = r.tenant and h.stream_id = 'transfer-' || r.transfer_id
           where r.tenant = $1 and r.order_id = $2 and ($3::timestamptz is null or r.scheduled_at < $3)
           order by r.scheduled_at desc limit $4`,
    values: [tenant, orderId, page.before, page.limit],
  });
  return rows.map(toRun);
}

/** The latest runs of several orders, at most `limit` of each, latest first. */
export async function listLatestRuns(
  db: Queryable,
  tenant: Tenant,
  orderIds: readonly OrderId[],
  limit: number,
): Promise<Map<OrderId, OrderRun[]>> {
  const { rows } = await db.query<Row>({
    name: 'list-latest-standing-order-runs',
    text: `select r.order_id, r.scheduled_at, r.transfer_id,
             case when r.transfer_id is null then 'rejected' else coalesce(h.state ->> 'status', 'requested') end as status,
             coalesce(r.refusal, h.state -> 'refusal') as refusal
           from unnest($2::text[]) as o (order_id)
           cross join lateral (
             select * from standing_order_runs
             where tenant = $1 and order_id = o.order_id
             order by scheduled_at desc limit $3) r
           left join heads h on h.tenant = r.tenant and h.stream_id = 'transfer-' || r.transfer_id
           order by r.order_id, r.scheduled_at desc`,
    values: [tenant, orderIds, limit],
  });
  const runs = new Map<OrderId, OrderRun[]>(orderIds.map((orderId) => [orderId, []]));
  for (const row of rows) runs.get(row.order_id)?.push(toRun(row));
  return runs;
}

type Row = {
  order_id: OrderId;
  scheduled_at: string;
  transfer_id: TransferId | null;
  status: TransferStatus;
  refusal: Refusal | null;
};

function toRun(row: Row): OrderRun {
  return {
    scheduledAt: row.scheduled_at,
    transferId: row.transfer_id,
    status: row.status,
    refusal: row.refusal,
  };
}
