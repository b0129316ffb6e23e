import type pg from 'pg';

/**
 * The workflow ids, each once, of commands that were accepted and are not final (those of a group share theirs); a run's
 * clients are the only ones that command.
 */
export async function listOpen(db: pg.Pool): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct workflow_id as id from commands where status = 'accepted' and workflow_id is not null`,
  );
  return rows.map(({ id }) => id);
}
