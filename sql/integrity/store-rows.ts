import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';
import type { PlacedEvent } from '../list-events.ts';
import { LOG_COLUMNS, type LogRow, readLogHead, toLoggedEvent } from '../read-log.ts';

/** A head as it stands in its row, before anything trusts it. */
export type RawHead = {
  readonly streamId: string;
  readonly version: number;
  readonly state: unknown;
  readonly hash: string;
};

type HeadRow = { stream_id: string; version: number; state: unknown; hash: Buffer };
type EventRow = Omit<LogRow, 'position'> & { position: bigint | null };

// Look-ups go by the primary key for every row that is wanted, whatever the planner believes: `offset 0` keeps it from
// joining anything else. They have no name, so that each is planned anew: a plan kept from when the tables were small
// would scan them.

/** Joins events `e` with the place `l` of each in the log, null where it has none. */
const PLACE = `left join lateral (
    select position, partition from log
    where tenant = e.tenant and stream_id = e.stream_id and version = e.version offset 0
  ) as l on true`;

/** A page of all events of a tenant, stream by stream; with `upTo` those of the streams up to that one. */
export async function pageEvents(
  db: Queryable,
  tenant: Tenant,
  { streamId, version, upTo = null }: { streamId: string; version: number; upTo?: string | null },
  limit: number,
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<EventRow>({
    text: `select ${LOG_COLUMNS}
           from (
             select * from events
             where tenant = $1 and (stream_id, version) > ($2, $3::int) and ($4::text is null or stream_id <= $4)
             order by stream_id, version limit $5
           ) as e ${PLACE}
           order by e.stream_id, e.version`,
    values: [tenant, streamId, version, upTo, limit],
  });
  return rows.map(toPlaced);
}

/**
 * Single events by their place; one that does not exist is absent. Versions are asked for as `bigint`: an altered head may
 * name one that no event can have.
 */
export async function findEvents(
  db: Queryable,
  tenant: Tenant,
  places: readonly { streamId: string; version: number }[],
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<EventRow>({
    text: `select ${LOG_COLUMNS}
           from unnest($2::text[], $3::bigint[]) as wanted (stream_id, version)
           cross join lateral (
             select * from events
             where tenant = $1 and stream_id = wanted.stream_id and version = wanted.version offset 0
           ) as e ${PLACE}`,
    values: [tenant, places.map((place) => place.streamId), places.map((place) => place.version)],
  });
  return rows.map(toPlaced);
}

/** The heads of these streams, by stream id. */
export async function findHeads(
  db: Queryable,
  tenant: Tenant,
  streamIds: readonly string[],
): Promise<Map<string, RawHead>> {
  const { rows } = await db.query<HeadRow>({
    text: `select h.stream_id, h.version, h.state, h.hash
           from unnest($2::text[]) as wanted (stream_id)
           cross join lateral (
             select * from heads where tenant = $1 and stream_id = wanted.stream_id offset 0
           ) as h`,
    values: [tenant, streamIds],
  });
  return new Map(rows.map((row) => [row.stream_id, toHead(row)]));
}

/** A page of all heads of a tenant, by stream id. */
export async function pageHeads(
  db: Queryable,
  tenant: Tenant,
  after: string,
  limit: number,
): Promise<RawHead[]> {
  const { rows } = await db.query<HeadRow>({
    text: `select stream_id, version, state, hash from heads
           where tenant = $1 and stream_id > $2 order by stream_id limit $3`,
    values: [tenant, after, limit],
  });
  return rows.map(toHead);
}

export type LogCounts = {
  readonly events: bigint;
  readonly logged: bigint;
  readonly waiting: bigint;
  readonly lowest: bigint;
  readonly highest: bigint;
  readonly head: bigint;
};

/** Rows that one statement counts: far below the statement timeout. */
const COUNT_PAGE_SIZE = 20_000;

/**
 * What must add up: every event is in the log or waits in the outbox, and positions run from 1 to the head.
 * Counted in pages, as one statement over all would time out; `breathe` runs between them.
 */
export async function countLog(
  db: Queryable,
  breathe: () => Promise<unknown>,
  pageSize: number = COUNT_PAGE_SIZE,
): Promise<LogCounts> {
  const log = await walk(db, LOG_PAGE, ['0'], { breathe, pageSize });
  const events = await walk(db, EVENTS_PAGE, ['', '', '0'], { breathe, pageSize });
  const outbox = await walk(db, OUTBOX_PAGE, ['-1', '', ''], { breathe, pageSize });
  return {
    events: events.counted,
    logged: log.counted,
    waiting: outbox.counted,
    lowest: BigInt(log.first?.[0] ?? 0),
    highest: BigInt(log.last?.[0] ?? 0),
    head: await readLogHead(db),
  };
}

/** Each counts a page of a table by its key, and tells the page's first and last key. */
const LOG_PAGE = {
  name: 'integrity-count-log',
  text: `with page as (select position from log where position > $1::bigint order by position limit $2)
         select count(*) as counted, array[min(position)::text] as first, array[max(position)::text] as last from page`,
};
const EVENTS_PAGE = {
  name: 'integrity-count-events',
  text: `with page as (
           select tenant, stream_id, version, row_number() over (order by tenant, stream_id, version) as place
           from events where (tenant, stream_id, version) > ($1, $2, $3::int)
           order by tenant, stream_id, version limit $4
         )
         select place as counted, null::text[] as first, array[tenant, stream_id, version::text] as last
         from page order by place desc limit 1`,
};
const OUTBOX_PAGE = {
  name: 'integrity-count-outbox',
  text: `with page as (
           select id, tenant, stream_id, row_number() over (order by id, tenant, stream_id) as place
           from outbox where (id, tenant, stream_id) > ($1::bigint, $2, $3)
           order by id, tenant, stream_id limit $4
         )
         select place as counted, null::text[] as first, array[id::text, tenant, stream_id] as last
         from page order by place desc limit 1`,
};

type Page = { counted: bigint; first: string[] | null; last: string[] };
type Walked = { counted: bigint; first: string[] | null; last: string[] | null };

async function walk(
  db: Queryable,
  statement: { name: string; text: string },
  start: string[],
  { breathe, pageSize }: { breathe: () => Promise<unknown>; pageSize: number },
): Promise<Walked> {
  let walked: Walked = { counted: 0n, first: null, last: null };
  for (;;) {
    const { rows } = await db.query<Page>({ ...statement, values: [...(walked.last ?? start), pageSize] });
    const page = rows[0];
    if (page === undefined || page.counted === 0n) return walked;
    walked = { counted: walked.counted + page.counted, first: walked.first ?? page.first, last: page.last };
    await breathe();
  }
}

function toPlaced(row: EventRow): PlacedEvent {
  return { ...toLoggedEvent({ ...row, position: row.position ?? 0n }), position: row.position };
}

function toHead(row: HeadRow): RawHead {
  return { streamId: row.stream_id, version: row.version, state: row.state, hash: row.hash.toString('hex') };
}
