import type { Tenant } from '../../domain/ids.ts';
import type { Queryable } from '../../platform/postgres.ts';

/** A row of the log, and the hash of its event; null where that is not there. */
export type LogPlace = {
  readonly position: bigint;
  readonly tenant: string;
  readonly streamId: string;
  readonly version: number;
  readonly hash: Buffer | null;
};

/** A page of the log after a position. As in store-rows.ts: one look into the primary key for each event. */
export async function pageLog(db: Queryable, after: bigint, limit: number): Promise<LogPlace[]> {
  const { rows } = await db.query<LogPlace>({
    text: `select l.position, l.tenant, l.stream_id as "streamId", l.version, e.hash
           from (select * from log where position > $1 order by position limit $2) as l
           left join lateral (
             select hash from events
             where tenant = l.tenant and stream_id = l.stream_id and version = l.version offset 0
           ) as e on true
           order by l.position`,
    values: [after, limit],
  });
  return rows;
}

type OutboxKey = { readonly id: bigint; readonly tenant: string; readonly streamId: string };

/** A page of the outbox; a stray is of an event that is in the log already, or that does not exist. */
export async function pageStrayOutbox(
  db: Queryable,
  after: OutboxKey,
  limit: number,
): Promise<(OutboxKey & { readonly stray: boolean })[]> {
  const { rows } = await db.query<OutboxKey & { stray: boolean }>({
    text: `select o.id, o.tenant, o.stream_id as "streamId",
             e.found is null or l.found is not null as stray
           from (
             select * from outbox where (id, tenant, stream_id) > ($1::bigint, $2, $3)
             order by id, tenant, stream_id limit $4
           ) as o
           left join lateral (
             select true as found from events
             where tenant = o.tenant and stream_id = o.stream_id and version = o.version offset 0
           ) as e on true
           left join lateral (
             select true as found from log
             where tenant = o.tenant and stream_id = o.stream_id and version = o.version offset 0
           ) as l on true
           order by o.id, o.tenant, o.stream_id`,
    values: [after.id, after.tenant, after.streamId, limit],
  });
  return rows;
}

/** Of these places those that wait in the outbox, as `<streamId>/<version>`. It has no key for that, and is short. */
export async function findWaiting(
  db: Queryable,
  tenant: Tenant,
  places: readonly { streamId: string; version: number }[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ place: string }>({
    text: `select stream_id || '/' || version as place from outbox
           where tenant = $1 and (stream_id, version) in (select * from unnest($2::text[], $3::int[]))`,
    values: [tenant, places.map((place) => place.streamId), places.map((place) => place.version)],
  });
  return new Set(rows.map((row) => row.place));
}
