import type { Queryable } from '../platform/postgres.ts';
import type { ProjectionName } from './read-projections.ts';

/** A rebuild that was asked for and is not over. */
export type Rebuild = {
  readonly name: ProjectionName;
  readonly rebuildId: string;
  readonly liveGeneration: number;
  /** Null until it has begun; set, it goes on from `position` (each step is saved with its rows). */
  readonly generation: number | null;
  readonly position: bigint;
};

/** The next rebuild to work on, one that is under way first. */
export async function readRebuild(readDb: Queryable): Promise<Rebuild | undefined> {
  const { rows } = await readDb.query<Rebuild>({
    name: 'read-rebuild',
    text: `select name, rebuild_id as "rebuildId", live_generation as "liveGeneration", building_generation as generation,
             coalesce(rebuild_position, 0) as position
           from projections where rebuild_status in ('requested', 'running')
           order by rebuild_status desc, name limit 1`,
  });
  return rows[0];
}

/**
 * Opens the new generation; the projection must be held, so that no transaction overlooks it half-way. Undefined
 * where the rebuild is not waiting any more: another leader was first.
 */
export async function beginRebuild(
  readDb: Queryable,
  { name, rebuildId }: Rebuild,
  target: bigint,
): Promise<Rebuild | undefined> {
  const { rows } = await readDb.query<Rebuild>({
    name: 'begin-rebuild',
    text: `update projections
           set building_generation = last_generation + 1, last_generation = last_generation + 1,
             rebuild_status = 'running', rebuild_position = 0, rebuild_target = $2, rebuild_started_at = now()
           where name = $1 and rebuild_id = $3 and rebuild_status = 'requested'
           returning name, rebuild_id as "rebuildId", live_generation as "liveGeneration", building_generation as generation,
             rebuild_position as position`,
    values: [name, target, rebuildId],
  });
  return rows[0];
}

/** Whether a rebuild is the one that is asked for or under way, is the live one by now, or is neither. */
export type Standing = 'open' | 'live' | 'gone';

/**
 * Where a rebuild stands; its leader may be late, or have had no answer to a COMMIT that went through. The
 * projection must be held or shared: then the answer stays true until the transaction ends.
 */
export async function readStanding(
  readDb: Queryable,
  { name, rebuildId, generation }: Rebuild,
): Promise<Standing> {
  const { rows } = await readDb.query<{ standing: Standing }>({
    name: 'read-standing',
    text: `select case
             when rebuild_status in ('requested', 'running')
               and building_generation is not distinct from $3::integer then 'open'
             when live_generation = $3::integer then 'live'
             else 'gone' end as standing
           from projections where name = $1 and rebuild_id = $2`,
    values: [name, rebuildId, generation],
  });
  return rows[0]?.standing ?? 'gone';
}

/** Saves how far the walk is, in the transaction of the rows that it wrote. */
export async function saveRebuildPosition(
  readDb: Queryable,
  name: ProjectionName,
  position: bigint,
): Promise<void> {
  await readDb.query({
    name: 'save-rebuild-position',
    text: `update projections
           set rebuild_position = $2, rebuild_target = greatest(rebuild_target, $2) where name = $1`,
    values: [name, position],
  });
}

/** Letters of a generation that goes: what could not be applied to it is either in the next one or told anew. */
async function resolveLettersOf(readDb: Queryable, name: ProjectionName, generation: number) {
  await readDb.query({
    name: 'resolve-letters-of-generation',
    text: `update dead_letters set status = 'replayed', resolved_at = now()
           where projection = $1 and generation = $2 and status = 'parked'`,
    values: [name, generation],
  });
}

/**
 * Rows of parked streams in a new generation of balances may be older than what the old one showed. Without a
 * row a read falls back to the write side, which is never behind.
 */
async function deleteParkedBalances(readDb: Queryable, generation: number): Promise<void> {
  await readDb.query({
    name: 'delete-parked-balances',
    text: `delete from balances b
           using applied_versions a
           where a.projection = 'balances' and a.generation = $1 and a.parked
             and b.generation = a.generation and b.tenant = a.tenant
             and b.account_id = substr(a.stream_id, length('account-') + 1)`,
    values: [generation],
  });
}

/**
 * The swap: readers see the new generation with the commit. The projection must be held. Returns false, and
 * changes nothing, where this rebuild's generation is not the one that is being built.
 */
export async function swapGenerations(readDb: Queryable, rebuild: Rebuild): Promise<boolean> {
  const { name, rebuildId, liveGeneration, generation } = rebuild;
  if (generation === null) return false;
  const { rowCount } = await readDb.query({
    name: 'swap-generations',
    text: `update projections
           set live_generation = building_generation, building_generation = null, rebuild_status = 'completed',
             rebuild_finished_at = now()
           where name = $1 and rebuild_id = $2 and live_generation = $3 and building_generation = $4`,
    values: [name, rebuildId, liveGeneration, generation],
  });
  if (rowCount !== 1) return false;
  if (name === 'balances') await deleteParkedBalances(readDb, generation);
  await resolveLettersOf(readDb, name, liveGeneration);
  return true;
}

/**
 * Gives a rebuild up; what it built is deleted like an old generation. The projection must be held. Returns
 * false, and changes nothing, where this rebuild is not the one that is asked for or under way.
 */
export async function failRebuild(readDb: Queryable, rebuild: Rebuild, error: string): Promise<boolean> {
  const { name, rebuildId, generation } = rebuild;
  const { rowCount } = await readDb.query({
    name: 'fail-rebuild',
    text: `update projections
           set building_generation = null, rebuild_status = 'failed', rebuild_error = $2, rebuild_finished_at = now()
           where name = $1 and rebuild_id = $3 and building_generation is not distinct from $4::integer
             and rebuild_status in ('requested', 'running')`,
    values: [name, error, rebuildId, generation],
  });
  if (rowCount !== 1) return false;
  if (generation !== null) await resolveLettersOf(readDb, name, generation);
  return true;
}

const TABLES: Readonly<Record<ProjectionName, readonly string[]>> = {
  balances: ['balances'],
  transactions: ['transactions'],
  transfers: ['transfers'],
  journal: ['journal_entries', 'journal_totals'],
};

/**
 * Deletes up to `limit` rows a table of generations that are neither live nor being built. Letters stay: they
 * tell what happened. Returns how many rows went; 0 means that nothing is left.
 */
export async function deleteOldGenerations(
  readDb: Queryable,
  name: ProjectionName,
  limit: number,
): Promise<number> {
  let deleted = await deleteOldRows(readDb, 'applied_versions', name, limit);
  for (const table of TABLES[name]) deleted += await deleteOldRows(readDb, table, name, limit);
  return deleted;
}

async function deleteOldRows(readDb: Queryable, table: string, name: ProjectionName, limit: number) {
  const ofProjection = table === 'applied_versions' ? 'projection = $1 and' : '';
  const { rowCount } = await readDb.query({
    name: `delete-old-${table}`,
    text: `delete from ${table} where ctid = any(array(
             select ctid from ${table}
             where ${ofProjection} (generation < (select live_generation from projections where name = $1)
               or (generation > (select live_generation from projections where name = $1)
                 and generation < (select building_generation from projections where name = $1))
               or generation > (select coalesce(building_generation, live_generation) from projections where name = $1))
             limit $2))`,
    values: [name, limit],
  });
  return rowCount ?? 0;
}

/** The highest outbox id that is committed now; null where the outbox is empty. */
export async function readOutboxEnd(db: Queryable): Promise<bigint | null> {
  const { rows } = await db.query<{ id: bigint | null }>({
    name: 'read-outbox-end',
    text: `select max(id) as id from outbox`,
  });
  return rows[0]?.id ?? null;
}

/** True while the sequencer still has to move an id up to this one. */
export async function isOutboxPending(db: Queryable, upTo: bigint): Promise<boolean> {
  const { rows } = await db.query<{ pending: boolean }>({
    name: 'is-outbox-pending',
    text: `select exists (select from outbox where id <= $1) as pending`,
    values: [upTo],
  });
  return rows[0]?.pending === true;
}
