import type pg from 'pg';
import { waitFor } from '../../processes.ts';

const WAIT_MS = 15_000;

/** The workflow ids of commands that were accepted and are not final; a run's clients are the only ones that command. */
export async function listOpen(db: pg.Pool): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select workflow_id as id from commands where status = 'accepted' and workflow_id is not null`,
  );
  return rows.map(({ id }) => id);
}

/** Waits for a moment in which commands are under way, so that what happens now happens in the middle of them. */
export async function awaitOpen(db: pg.Pool, least: number): Promise<void> {
  await waitFor(`${least} open commands`, async () => (await listOpen(db)).length >= least, WAIT_MS);
}
