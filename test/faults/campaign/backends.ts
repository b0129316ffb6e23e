import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** A connection of one of Remit's processes, as Postgres sees it. */
export type Backend = { readonly pid: number; readonly busy: boolean };

const WORK_TIMEOUT_MS = 10_000;
const LOOK_EVERY_MS = 5;

/** The connections of the processes named; `busy` ones are within a transaction. */
export async function listBackends(db: pg.Pool, names: readonly string[]): Promise<Backend[]> {
  const { rows } = await db.query<Backend>(
    `select pid, state <> 'idle' and xact_start is not null as busy from pg_stat_activity
     where application_name = any($1) and datname = current_database() order by pid`,
    [names],
  );
  return rows;
}

/** Waits until a process is within a transaction, for that is when a fault bites; returns the connections that are. */
export async function lookForWork(db: pg.Pool, names: readonly string[]): Promise<Backend[]> {
  const until = Date.now() + WORK_TIMEOUT_MS;
  for (;;) {
    const busy = (await listBackends(db, names)).filter((backend) => backend.busy);
    if (busy.length > 0) return busy;
    if (Date.now() > until) throw new Error(`no transaction of Remit within ${WORK_TIMEOUT_MS} ms`);
    await sleep(LOOK_EVERY_MS);
  }
}
