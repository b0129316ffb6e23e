import type { Queryable } from '../platform/postgres.ts';

export type PartitionPosition = { readonly partition: number; readonly position: bigint };

/** Notes the last log position seen on each Kafka partition; a redelivered batch never moves one back. */
export async function savePartitionPositions(
  db: Queryable,
  positions: readonly PartitionPosition[],
): Promise<void> {
  if (positions.length === 0) return;
  await db.query({
    name: 'save-partition-positions',
    text: `insert into partition_positions (partition, position, applied_at)
           select p.partition, p.position, now()
           from unnest($1::int[], $2::bigint[]) as p (partition, position)
           order by p.partition
           on conflict (partition) do update
             set position = excluded.position, applied_at = excluded.applied_at
             where partition_positions.position < excluded.position`,
    values: [positions.map((one) => one.partition), positions.map((one) => one.position)],
  });
}

export async function readPartitionPositions(db: Queryable): Promise<PartitionPosition[]> {
  const { rows } = await db.query<PartitionPosition>({
    name: 'read-partition-positions',
    text: `select partition, position from partition_positions order by partition`,
  });
  return rows;
}
