import type { Queryable } from '../platform/postgres.ts';

/**
 * Tries to become the one leader of a task. The lock belongs to the connection: whoever loses the connection
 * has lost the lead, and Postgres gives it to the next that tries.
 */
export async function tryToLead(client: Queryable, task: string): Promise<boolean> {
  const { rows } = await client.query<{ leads: boolean }>({
    name: 'try-to-lead',
    text: `select pg_try_advisory_lock(hashtextextended('leader ' || $1, 0)) as leads`,
    values: [task],
  });
  return rows[0]?.leads === true;
}

/** The same for the length of a transaction: nobody leads meanwhile, and its end hands the lead back. */
export async function tryToLeadOnce(client: Queryable, task: string): Promise<boolean> {
  const { rows } = await client.query<{ leads: boolean }>({
    name: 'try-to-lead-once',
    text: `select pg_try_advisory_xact_lock(hashtextextended('leader ' || $1, 0)) as leads`,
    values: [task],
  });
  return rows[0]?.leads === true;
}

/** A leader asks something every second at least; one that is silent for so long is stopped or cut off. */
const SILENCE_MS = 20_000;

/** From now on Postgres closes the leader's connection, and frees its lock, when nothing is heard from it. */
export async function promiseToSpeak(client: Queryable): Promise<void> {
  await client.query(`set idle_session_timeout = ${SILENCE_MS}`);
}

/** Keeps the promise while the work is done over other connections. */
export async function speak(client: Queryable): Promise<void> {
  await client.query('select 1');
}

/** Hands the lead back, so that a standby takes over at once. */
export async function resign(client: Queryable, task: string): Promise<void> {
  await client.query('reset idle_session_timeout');
  await client.query({
    name: 'resign',
    text: `select pg_advisory_unlock(hashtextextended('leader ' || $1, 0))`,
    values: [task],
  });
}
