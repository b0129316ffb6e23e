import type pg from 'pg';
import { waitFor } from '../../processes.ts';

const WORK_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 5;

/** The process ids of the connections that these processes of Remit have. */
export async function listBackends(db: pg.Pool, names: readonly string[]): Promise<number[]> {
  const { rows } = await db.query<{ pid: number }>(
    `select pid from pg_stat_activity
     where application_name = any($1) and datname = current_database() order by pid`,
    [names],
  );
  return rows.map(({ pid }) => pid);
}

/** The moment in which a transaction has written. */
export type Writes = {
  /** The numbers of those that have; Postgres gives one at the first write. */
  readonly transactions: readonly string[];
  /** Every process but the postmaster: Postgres's own, Remit's, the campaign's. */
  readonly pids: readonly number[];
};

/** Waits until a transaction of these processes has written, for that is when a fault bites. */
export async function lookForWrites(db: pg.Pool, names: readonly string[]): Promise<Writes> {
  const look = async () => {
    const { rows } = await db.query<{ pid: number; transaction: string | null }>(
      `select pid, case when application_name = any($1) then backend_xid::text end as transaction
       from pg_stat_activity`,
      [names],
    );
    const transactions = rows.flatMap(({ transaction }) => transaction ?? []);
    return transactions.length > 0 && { transactions, pids: rows.map(({ pid }) => pid) };
  };
  return waitFor('a transaction that has written', look, WORK_TIMEOUT_MS, LOOK_EVERY_MS);
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
