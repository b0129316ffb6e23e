import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';
import type { PlacedEvent } from '../list-events.ts';
import { LOG_COLUMNS, type LogRow, toLoggedEvent } from '../read-log.ts';

/** A head as it stands in its row, before anything trusts it. */
export type RawHead = {
  readonly streamId: string;
  readonly version: number;
  readonly state: unknown;
  readonly hash: string;
};

type HeadRow = { stream_id: string; version: number; state: unknown; hash: Buffer };
type EventRow = Omit<LogRow, 'position'> & { position: bigint | null };

/** A page of all events of a tenant, stream by stream. */
export async function pageEvents(
  db: Queryable,
  tenant: Tenant,
  after: { streamId: string; version: number },
  limit: number,
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<EventRow>({
    name: 'integrity-page-events',
    text: `select ${LOG_COLUMNS}
           from events e left join log l using (tenant, stream_id, version)
           where e.tenant = $1 and (e.stream_id, e.version) > ($2, $3)
           order by e.stream_id, e.version
           limit $4`,
    values: [tenant, after.streamId, after.version, limit],
  });
  return rows.map(toPlaced);
}

/** Single events by their place; one that does not exist is absent. */
export async function findEvents(
  db: Queryable,
  tenant: Tenant,
  places: readonly { streamId: string; version: number }[],
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<EventRow>({
    name: 'integrity-find-events',
    text: `select ${LOG_COLUMNS}
           from unnest($2::text[], $3::int[]) as wanted (stream_id, version)
           join events e on e.tenant = $1 and e.stream_id = wanted.stream_id and e.version = wanted.version
           left join log l on l.tenant = e.tenant and l.stream_id = e.stream_id and l.version = e.version`,
    values: [tenant, places.map((place) => place.streamId), places.map((place) => place.version)],
  });
  return rows.map(toPlaced);
}

/** All events of these streams, in the order of their versions. */
export async function findStreams(
  db: Queryable,
  tenant: Tenant,
  streamIds: readonly string[],
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<EventRow>({
    name: 'integrity-find-streams',
    text: `select ${LOG_COLUMNS}
           from events e left join log l using (tenant, stream_id, version)
           where e.tenant = $1 and e.stream_id = any($2)
           order by e.stream_id, e.version`,
    values: [tenant, streamIds],
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
    name: 'integrity-find-heads',
    text: 'select stream_id, version, state, hash from heads where tenant = $1 and stream_id = any($2)',
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
    name: 'integrity-page-heads',
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

/** What must add up: every event is in the log or waits in the outbox, and positions run from 1 to the head. */
export async function countLog(db: Queryable): Promise<LogCounts> {
  const { rows } = await db.query<LogCounts>({
    name: 'integrity-count-log',
    text: `select (select count(*) from events) as events,
             (select count(*) from outbox) as waiting,
             (select position from log_head) as head,
             count(*) as logged, coalesce(min(position), 0) as lowest, coalesce(max(position), 0) as highest
           from log`,
  });
  const counts = rows[0];
  if (counts === undefined) throw new Error('a count always has a row');
  return counts;
}

function toPlaced(row: EventRow): PlacedEvent {
  return { ...toLoggedEvent({ ...row, position: row.position ?? 0n }), position: row.position };
}

function toHead(row: HeadRow): RawHead {
  return { streamId: row.stream_id, version: row.version, state: row.state, hash: row.hash.toString('hex') };
}
