import type { Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { LoggedEvent, StoredEvent } from './codec.ts';
import { EVENT_OF_PLACE, LOG_COLUMNS, type LogRow, toLoggedEvent } from './read-log.ts';

/** A stored event and its place in the global order: null until the sequencer gives it one. */
export type PlacedEvent = StoredEvent & { readonly position: bigint | null };

/** A tenant's events after a position, in the global order: what a follower reads, without gap or repeat. */
export async function listEvents(
  db: Queryable,
  tenant: Tenant,
  page: { limit: number; after: bigint },
): Promise<LoggedEvent[]> {
  const { rows } = await db.query<LogRow>({
    // Without a name, see read-log.ts.
    text: `select ${LOG_COLUMNS}
           from (select * from log where tenant = $1 and position > $2 order by position limit $3) as l
           ${EVENT_OF_PLACE}
           order by l.position`,
    values: [tenant, page.after, page.limit],
  });
  return rows.map(toLoggedEvent);
}

/** One stream's events after a version, in order; those that have no position yet as well. */
export async function listStreamEvents(
  db: Queryable,
  tenant: Tenant,
  streamId: string,
  page: { limit: number; after: number },
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<Omit<LogRow, 'position'> & { position: bigint | null }>({
    name: 'list-stream-events',
    text: `select ${LOG_COLUMNS}
           from events e left join log l using (tenant, stream_id, version)
           where e.tenant = $1 and e.stream_id = $2 and e.version > $3
           order by e.version
           limit $4`,
    values: [tenant, streamId, page.after, page.limit],
  });
  return rows.map((row) => ({
    ...toLoggedEvent({ ...row, position: row.position ?? 0n }),
    position: row.position,
  }));
}
