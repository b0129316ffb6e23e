import type { Queryable } from '../platform/postgres.ts';

export type RebuildRequested = 'requested' | 'already-running' | 'unknown';

/**
 * Asks the projectors to build a projection anew beside the live one; one of them picks it up within a second.
 * Progress is read with `readProjections`. `unknown` is a name that no projection has.
 * @example await requestRebuild(readPool, "balances", uuidv7())
 */
export async function requestRebuild(
  readDb: Queryable,
  name: string,
  rebuildId: string,
): Promise<RebuildRequested> {
  const { rows } = await readDb.query<{ requested: boolean }>({
    name: 'request-rebuild',
    text: `with asked as (
             update projections
             set rebuild_status = 'requested', rebuild_id = $2, rebuild_position = 0, rebuild_target = null,
               rebuild_error = null, rebuild_started_at = null, rebuild_finished_at = null
             where name = $1 and (rebuild_status is null or rebuild_status in ('completed', 'failed'))
             returning name
           )
           select exists (select from asked) as requested from projections where name = $1`,
    values: [name, rebuildId],
  });
  if (rows[0] === undefined) return 'unknown';
  return rows[0].requested ? 'requested' : 'already-running';
}
