import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/**
 * A connection of one of Remit's processes, as Postgres sees it. `transaction` is the number of the one that it is
 * within, which Postgres gives at the first write: null for one that has only read.
 */
export type Backend = { readonly pid: number; readonly transaction: string | null };

const WORK_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 5;

export async function listBackends(db: pg.Pool, names: readonly string[]): Promise<Backend[]> {
  const { rows } = await db.query<Backend>(
    `select pid, backend_xid::text as transaction from pg_stat_activity
     where application_name = any($1) and datname = current_database() order by pid`,
    [names],
  );
  return rows;
}

/** What stands in the moment in which a transaction has written. */
export type Writes = {
  readonly transactions: readonly string[];
  /** Every process that Postgres tells of but its first: those of other clients, and its own, too. */
  readonly pids: readonly number[];
};

/** Waits until a transaction of these processes has written, for that is when a fault bites. */
export async function lookForWrites(db: pg.Pool, names: readonly string[]): Promise<Writes> {
  const until = Date.now() + WORK_TIMEOUT_MS;
  for (;;) {
    const { rows } = await db.query<Backend>(
      `select pid, case when application_name = any($1) then backend_xid::text end as transaction
       from pg_stat_activity`,
      [names],
    );
    const transactions = rows.flatMap(({ transaction }) => transaction ?? []);
    if (transactions.length > 0) return { transactions, pids: rows.map(({ pid }) => pid) };
    if (Date.now() > until) throw new Error(`nothing was written within ${WORK_TIMEOUT_MS} ms`);
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * How many of these transactions came to nothing. A number is of 32 bits here, which a ground's new Postgres does not
 * use up. After a crash the numbers of which nothing had come to the disk are given once more: one that was committed
 * by another transaction since is not counted, one that is still to be given is.
 */
export async function countAborted(db: pg.Pool, transactions: readonly string[]): Promise<number> {
  const { rows } = await db.query<{ aborted: number }>(
    `select count(*) filter (where case when number::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) then true
         else pg_xact_status(number::xid8) = 'aborted' end)::int as aborted
     from unnest($1::text[]) as number`,
    [transactions],
  );
  return rows[0]!.aborted;
}
