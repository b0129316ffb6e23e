import type pg from 'pg';
import { waitFor } from '../../processes.ts';
import type { Statement } from './scenario.ts';

const CATCH_UP_MS = 60_000;

/** How far the log is, and how far the relay says that it has sent it. */
export type Places = { readonly log: bigint; readonly relay: bigint };

export async function readPlaces(db: pg.Pool): Promise<Places> {
  const { rows } = await db.query<{ log: string; relay: string }>(
    `select position::text as log,
       coalesce((select position from relay_cursors where name = 'kafka'), 0)::text as relay from log_head`,
  );
  const { log, relay } = rows[0]!;
  return { log: BigInt(log), relay: BigInt(relay) };
}

/** Waits until the relay has sent everything up to a place of the log. */
export async function relayed(db: pg.Pool, position: bigint): Promise<void> {
  await waitFor(
    `the relay to come to ${position}`,
    async () => (await readPlaces(db)).relay >= position,
    CATCH_UP_MS,
  );
}

/** The connection that holds a leader's lock, and whose it is. */
export async function findLeader(
  db: pg.Pool,
  task: string,
): Promise<{ readonly pid: number; readonly application: string } | undefined> {
  const { rows } = await db.query<{ pid: number; application: string }>(
    `select a.pid, a.application_name as application from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.objsubid = 1
       and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('leader ' || $1, 0)`,
    [task],
  );
  return rows[0];
}

/** True for what reads or saves the cursor of the relay to Kafka: the feeder of webhooks has one in the same table. */
export function isAboutRelay({ text, values }: Pick<Statement, 'text' | 'values'>): boolean {
  return text.includes('relay_cursors') && values[0] === 'kafka';
}
