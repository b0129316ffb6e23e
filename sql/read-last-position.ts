import type { Queryable } from '../platform/postgres.ts';
import type { LoggedEvent } from './codec.ts';

type Place = Pick<LoggedEvent, 'tenant' | 'streamId' | 'version' | 'position'>;

/** The highest position of those events that have it in the log, on this Kafka partition; null where none has. */
export async function readLastPosition(
  db: Queryable,
  partition: number,
  places: readonly Place[],
): Promise<bigint | null> {
  if (places.length === 0) return null;
  const { rows } = await db.query<{ position: bigint | null }>({
    name: 'read-last-position',
    text: `select max(position) as position
           from log
           join unnest($2::bigint[], $3::text[], $4::text[], $5::int[])
             as p (position, tenant, stream_id, version) using (position, tenant, stream_id, version)
           where log.partition = $1`,
    values: [
      partition,
      places.map((place) => place.position),
      places.map((place) => place.tenant),
      places.map((place) => place.streamId),
      places.map((place) => place.version),
    ],
  });
  return rows[0]?.position ?? null;
}
