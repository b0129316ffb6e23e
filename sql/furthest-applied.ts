import type { Queryable } from '../platform/postgres.ts';

/**
 * The highest log position that any of the read tables holds, where the watermark is the lowest: what was consumed of
 * one partition, and what rows say themselves, for a heal or a rebuild takes them from the store before Kafka brings
 * them. The rows of `transactions` are not asked: they have no index by position, and each is of an event that the
 * journal has as well.
 */
export async function readFurthestApplied(readDb: Queryable): Promise<bigint> {
  const { rows } = await readDb.query<{ position: bigint | null }>({
    name: 'read-furthest-applied',
    text: `with live as (select name, live_generation as generation from projections)
           select greatest(
             (select max(position) from projections),
             (select max(position) from partition_positions),
             (select max(position) from balances
              where generation = (select generation from live where name = 'balances')),
             (select max(first_position) from transfers
              where generation = (select generation from live where name = 'transfers')),
             (select max(position) from journal_entries
              where generation = (select generation from live where name = 'journal'))) as position`,
  });
  return rows[0]?.position ?? 0n;
}
