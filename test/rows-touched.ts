import type { Queryable } from '../platform/postgres.ts';

/**
 * The rows that `work` reads, found or not, in tables of the database that nobody else uses meanwhile: as Postgres counts
 * them, by the plans that it really takes.
 * @param db one connection, such as a pool of one: only its own counts are told at once
 */
export async function rowsTouched(db: Queryable, work: () => Promise<unknown>): Promise<number> {
  const before = await rowsRead(db);
  await work();
  return (await rowsRead(db)) - before;
}

async function rowsRead(db: Queryable): Promise<number> {
  await db.query('select pg_stat_force_next_flush()');
  const { rows } = await db.query<{ read: string }>(
    'select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as read from pg_stat_user_tables',
  );
  return Number(rows[0]?.read);
}
