import type { Queryable } from '../platform/postgres.ts';
import type { LoggedEvent } from './codec.ts';
import type { PartitionPosition } from './partition-positions.ts';

/** Where an event is said to be: in the log, and on which Kafka partition it came. */
export type Place = Pick<LoggedEvent, 'tenant' | 'streamId' | 'version' | 'position'> & {
  readonly partition: number;
};

/** The highest position of each partition among those places that the log has; a partition without one is absent. */
export async function readLastPositions(
  db: Queryable,
  places: readonly Place[],
): Promise<PartitionPosition[]> {
  if (places.length === 0) return [];
  const { rows } = await db.query<PartitionPosition>({
    name: 'read-last-positions',
    text: `select partition, max(position) as position
           from log
           join unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::int[])
             as p (partition, position, tenant, stream_id, version)
             using (partition, position, tenant, stream_id, version)
           group by partition`,
    values: [
      places.map((place) => place.partition),
      places.map((place) => place.position),
      places.map((place) => place.tenant),
      places.map((place) => place.streamId),
      places.map((place) => place.version),
    ],
  });
  return rows;
}
