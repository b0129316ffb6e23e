import type { Queryable } from '../platform/postgres.ts';

export type PartitionPosition = { readonly partition: number; readonly position: bigint };

/** Notes the last log position seen on a Kafka partition; a redelivered batch never moves it back. */
export async function savePartitionPosition(
  db: Queryable,
  { partition, position }: PartitionPosition,
): Promise<void> {
  await db.query({
    name: 'save-partition-position',
    text: `insert into partition_positions (partition, position, applied_at) values ($1, $2, now())
           on conflict (partition) do update
             set position = excluded.position, applied_at = excluded.applied_at
             where partition_positions.position < excluded.position`,
    values: [partition, position],
  });
}

export async function readPartitionPositions(db: Queryable): Promise<PartitionPosition[]> {
  const { rows } = await db.query<PartitionPosition>({
    name: 'read-partition-positions',
    text: `select partition, position from partition_positions order by partition`,
  });
  return rows;
}
