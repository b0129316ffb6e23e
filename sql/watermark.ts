import type { Queryable } from '../platform/postgres.ts';
import type { PartitionPosition } from './partition-positions.ts';

/** The position that every projection has reached, as it was last saved. */
export async function readWatermark(readDb: Queryable): Promise<bigint> {
  const { rows } = await readDb.query<{ position: bigint }>({
    name: 'read-watermark',
    text: `select min(position) as position from projections`,
  });
  return rows[0]?.position ?? 0n;
}

/**
 * The highest position, at most `window` beyond `from`, up to which every event lies at or below what its
 * partition has applied. The partitions' positions must be read before this is asked.
 */
export async function walkWatermark(
  db: Queryable,
  from: bigint,
  window: number,
  applied: readonly PartitionPosition[],
): Promise<bigint> {
  const { rows } = await db.query<{ position: bigint }>({
    name: 'walk-watermark',
    text: `select coalesce(
             (select l.position - 1
              from log l
              left join unnest($3::int[], $4::bigint[]) as p (partition, position) using (partition)
              where l.position > $1::bigint and l.position <= $1::bigint + $2::integer
                and l.position > coalesce(p.position, 0)
              order by l.position limit 1),
             least((select position from log_head), $1::bigint + $2::integer)) as position`,
    values: [from, window, applied.map((row) => row.partition), applied.map((row) => row.position)],
  });
  return rows[0]?.position ?? from;
}

/** Saves the watermark and the rate at which it rose; it never goes back. */
export async function saveWatermark(
  readDb: Queryable,
  position: bigint,
  ratePerSecond: number,
): Promise<void> {
  await readDb.query({
    name: 'save-watermark',
    text: `update projections set position = $1, rate_per_second = $2, position_at = now() where position < $1`,
    values: [position, ratePerSecond],
  });
}
