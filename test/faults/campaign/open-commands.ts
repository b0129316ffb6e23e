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

/**
 * Those of these workflows of which a command was not final at an instant (ms since 1970). `finished_at` is when it was
 * decided, on this machine's clock: one that was decided before the instant and committed after it is left out.
 */
export async function listOpenAt(db: pg.Pool, workflowIds: readonly string[], at: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct workflow_id as id from commands
     where workflow_id = any($1) and (status = 'accepted' or finished_at > $2)`,
    [workflowIds, new Date(at).toISOString()],
  );
  return rows.map(({ id }) => id);
}
