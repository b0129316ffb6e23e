import { type BatchCounts, batchCounts } from '../domain/batch.ts';
import type { Tenant } from '../domain/ids.ts';
import type { TransferStatus } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';
import { HEAD_OF_ITEM } from './head-of-item.ts';
import type { BatchRequest } from './read-items.ts';

/** A batch and how far it is, counted from its items' heads. */
export type Batch = {
  readonly batchId: string;
  readonly commandId: string;
  readonly counts: BatchCounts;
  readonly createdAt: string;
  readonly cancelledAt: string | null;
  /** False until the command has ended: every item was seen to. */
  readonly ended: boolean;
  /** When the last of the ended items ended, or was parked; null where none has. What an operator does later counts not. */
  readonly lastEndAt: string | null;
};

/** A batch as it is recorded; `items` are in the order of the request. */
export type NewBatch = {
  readonly tenant: Tenant;
  readonly batchId: string;
  readonly commandId: string;
  readonly createdAt: string;
  readonly items: readonly BatchRequest[];
};

/** Writes a batch and its items in two statements, within the transaction that records the command. */
export async function insertBatch(db: Queryable, batch: NewBatch): Promise<void> {
  const { tenant, batchId, commandId, createdAt, items } = batch;
  await db.query({
    name: 'insert-batch',
    text: `insert into batches (tenant, batch_id, command_id, total, created_at) values ($1, $2, $3, $4, $5)`,
    values: [tenant, batchId, commandId, items.length, createdAt],
  });
  await db.query({
    name: 'insert-batch-items',
    text: `insert into batch_items (tenant, batch_id, item_no, transfer_id, request)
           select $1, $2, i.place - 1, i.request ->> 'transferId', i.request
           from jsonb_array_elements($3) with ordinality as i (request, place)`,
    values: [tenant, batchId, JSON.stringify(items)],
  });
}

type Row = {
  tenant: Tenant;
  batch_id: string;
  command_id: string;
  total: number;
  created_at: string;
  cancelled_at: string | null;
  ended: boolean;
  statuses: Partial<Record<TransferStatus, number>>;
  last_end_at: string | null;
  /** The counts are those that were kept. */
  kept: boolean;
};

/** Items that one page of batches may count; the page is shorter then. About a second's work. */
const MAX_COUNTED = 30_000;

/** When an item first ended: a parked one that an operator settled later had ended with the park. */
const FIRST_END = `case when h.state -> 'legs' @> '[{"leg": "settle"}]'
  then (select occurred_at from events
    where tenant = i.tenant and stream_id = h.stream_id and type = 'RefundParked' order by version limit 1)
  else (h.state ->> 'finishedAt')::timestamptz end`;

/** Counts by the heads, unless the counts were kept: an item that has no head has not begun. */
const SELECT = `
  select b.tenant, b.batch_id, b.command_id, b.total, b.created_at, b.cancelled_at,
    (select status <> 'accepted' from commands c where c.tenant = b.tenant and c.command_id = b.command_id) as ended,
    coalesce(b.final_statuses, items.statuses, '{}') as statuses,
    coalesce(b.final_at, items.last_end_at::timestamptz(3)) as last_end_at,
    b.final_statuses is not null as kept
  from batches b
  cross join lateral (
    select jsonb_object_agg(s.status, s.items) as statuses, max(s.last_end_at) as last_end_at
    from (
      select h.state ->> 'status' as status, count(*) as items, max(${FIRST_END}) as last_end_at
      from batch_items i
      ${HEAD_OF_ITEM}
      where b.final_statuses is null
        and i.tenant = b.tenant and i.batch_id = b.batch_id and h.state ->> 'status' is not null
      group by 1
    ) as s
  ) as items`;

/** One batch, or undefined. */
export async function readBatch(db: Queryable, tenant: Tenant, batchId: string): Promise<Batch | undefined> {
  const { rows } = await db.query<Row>({
    text: `${SELECT} where b.tenant = $1 and b.batch_id = $2`,
    values: [tenant, batchId],
  });
  return rows[0] && keepFinal(db, rows[0]);
}

/**
 * A page of the batches, newest first; `before` is the command id where the page before ended. It has at most `limit`
 * of them, and fewer where more than that would be too much to count; `hasMore` says whether others follow.
 */
export async function listBatches(
  db: Queryable,
  tenant: Tenant,
  page: { limit: number; before: string | null },
): Promise<{ readonly batches: Batch[]; readonly hasMore: boolean }> {
  const found = await db.query<{ command_id: string; items: number }>({
    name: 'list-batches',
    text: `select command_id, case when final_statuses is null then total else 0 end as items
           from batches where tenant = $1 and ($2::text is null or command_id < $2)
           order by command_id desc limit $3`,
    values: [tenant, page.before, page.limit + 1],
  });
  const listed = countable(found.rows.slice(0, page.limit));
  const { rows } = await db.query<Row>({
    text: `${SELECT} where b.tenant = $1 and b.command_id = any($2) order by b.command_id desc`,
    values: [tenant, listed.map((batch) => batch.command_id)],
  });
  const batches: Batch[] = [];
  for (const row of rows) batches.push(await keepFinal(db, row));
  return { batches, hasMore: found.rows.length > listed.length };
}

/** The first batches whose items are few enough to be counted at once; one is always. */
function countable<Found extends { items: number }>(found: readonly Found[]): Found[] {
  let items = 0;
  return found.filter((batch, at) => {
    items += batch.items;
    return at === 0 || items <= MAX_COUNTED;
  });
}

/** Whoever is first to count a batch in which nothing can change any more keeps what it counted. */
async function keepFinal(db: Queryable, row: Row): Promise<Batch> {
  const batch = toBatch(row);
  const { pending, needsAttention } = batch.counts;
  if (row.kept || pending > 0 || needsAttention > 0 || batch.lastEndAt === null) return batch;
  await db.query({
    name: 'keep-batch-counts',
    text: `update batches set final_statuses = $3, final_at = $4
           where tenant = $1 and batch_id = $2 and final_statuses is null`,
    values: [row.tenant, row.batch_id, JSON.stringify(row.statuses), batch.lastEndAt],
  });
  return batch;
}

function toBatch(row: Row): Batch {
  const byStatus = new Map<TransferStatus, number>();
  for (const [status, items] of Object.entries(row.statuses)) byStatus.set(status as TransferStatus, items);
  return {
    batchId: row.batch_id,
    commandId: row.command_id,
    counts: batchCounts(row.total, byStatus),
    createdAt: row.created_at,
    cancelledAt: row.cancelled_at,
    ended: row.ended,
    lastEndAt: row.last_end_at,
  };
}
