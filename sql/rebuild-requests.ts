import type { Pool, Queryable } from '../platform/postgres.ts';
import type { ProjectionStatus } from './read-projections.ts';
import { requestRebuild } from './request-rebuild.ts';
import { inTransaction } from './transaction.ts';

/** Who asks, and under which key. */
export type RebuildKey = {
  readonly tenant: string;
  readonly principal: string;
  readonly idempotencyKey: string;
};

export type RebuildAsked =
  | { readonly kind: 'recorded'; readonly rebuildId: string; readonly replayed: boolean }
  /** The key came for another projection before. */
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'unknown' };

/**
 * Asks for a rebuild, or joins the one that is under way. The same key always gives the same rebuild back.
 * `newRebuildId` names a rebuild that starts.
 * @example await askForRebuild(readPool, key, "balances", uuidv7())
 */
export function askForRebuild(
  readPool: Pool,
  key: RebuildKey | null,
  name: string,
  newRebuildId: string,
): Promise<RebuildAsked> {
  return inTransaction(readPool, async (client) => {
    const last = await lockLast(client, name);
    if (last === undefined) return { kind: 'unknown' };
    const rebuildId = last.running ? last.rebuildId : newRebuildId;
    if (key !== null && !(await claimKey(client, key, name, rebuildId))) return readKey(client, key, name);
    if (!last.running) {
      await saveEnd(client, name);
      await requestRebuild(client, name, rebuildId);
    }
    return { kind: 'recorded', rebuildId, replayed: false };
  });
}

type Last = { readonly running: true; readonly rebuildId: string } | { readonly running: false };

/** The row stays locked, so that requests for one projection come one after another. */
async function lockLast(db: Queryable, name: string): Promise<Last | undefined> {
  const { rows } = await db.query<Last>({
    name: 'lock-last-rebuild',
    text: `select coalesce(rebuild_status in ('requested', 'running'), false) as running, rebuild_id as "rebuildId"
           from projections where name = $1 for update`,
    values: [name],
  });
  return rows[0];
}

async function claimKey(db: Queryable, key: RebuildKey, name: string, rebuildId: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'claim-rebuild-key',
    text: `insert into rebuild_requests (tenant, principal, idempotency_key, projection, rebuild_id)
           values ($1, $2, $3, $4, $5) on conflict do nothing`,
    values: [key.tenant, key.principal, key.idempotencyKey, name, rebuildId],
  });
  return rowCount === 1;
}

async function readKey(db: Queryable, key: RebuildKey, name: string): Promise<RebuildAsked> {
  const { rows } = await db.query<{ projection: string; rebuildId: string }>({
    name: 'read-rebuild-key',
    text: `select projection, rebuild_id as "rebuildId" from rebuild_requests
           where tenant = $1 and principal = $2 and idempotency_key = $3`,
    values: [key.tenant, key.principal, key.idempotencyKey],
  });
  if (rows[0] === undefined)
    throw new Error(`rebuild key ${key.idempotencyKey} was neither inserted nor found`);
  if (rows[0].projection !== name) return { kind: 'key-reused' };
  return { kind: 'recorded', rebuildId: rows[0].rebuildId, replayed: true };
}

/** Keeps how the last rebuild ended, for the keys that asked for it, before the next one takes its place. */
async function saveEnd(db: Queryable, name: string): Promise<void> {
  await db.query({
    name: 'save-rebuild-end',
    text: `update rebuild_requests r
           set status = p.rebuild_status, error = p.rebuild_error, started_at = p.rebuild_started_at,
             finished_at = p.rebuild_finished_at,
             progress = case when p.rebuild_status = 'completed' then 1
               else coalesce(least(1, p.rebuild_position::float8 / nullif(p.rebuild_target, 0)), 0) end
           from projections p
           where p.name = $1 and r.projection = p.name and r.rebuild_id = p.rebuild_id and r.status is null`,
    values: [name],
  });
}

/** How a rebuild ended whose place another one has taken; undefined where it is the last, or nobody's key named it. */
export async function readEndedRebuild(
  db: Queryable,
  rebuildId: string,
): Promise<NonNullable<ProjectionStatus['rebuild']> | undefined> {
  const { rows } = await db.query<NonNullable<ProjectionStatus['rebuild']>>({
    name: 'read-ended-rebuild',
    text: `select rebuild_id as id, status, progress, error, started_at as "startedAt", finished_at as "finishedAt"
           from rebuild_requests where rebuild_id = $1 and status is not null limit 1`,
    values: [rebuildId],
  });
  return rows[0];
}
