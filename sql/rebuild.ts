import type { Queryable } from '../platform/postgres.ts';
import type { ProjectionName } from './read-projections.ts';

/** A rebuild that was asked for and is not over. */
export type Rebuild = {
  readonly name: ProjectionName;
  readonly liveGeneration: number;
  /** Null until it has begun; set, it goes on from `position` (each step is saved with its rows). */
  readonly generation: number | null;
  readonly position: bigint;
};

/** The next rebuild to work on, one that is under way first. */
export async function readRebuild(readDb: Queryable): Promise<Rebuild | undefined> {
  const { rows } = await readDb.query<Rebuild>({
    name: 'read-rebuild',
    text: `select name, live_generation as "liveGeneration", building_generation as generation,
             coalesce(rebuild_position, 0) as position
           from projections where rebuild_status in ('requested', 'running')
           order by rebuild_status desc, name limit 1`,
  });
  return rows[0];
}

/** Opens the new generation; the projection must be held, so that no transaction overlooks it half-way. */
export async function beginRebuild(
  readDb: Queryable,
  name: ProjectionName,
  target: bigint,
): Promise<Rebuild | undefined> {
  const { rows } = await readDb.query<Rebuild>({
    name: 'begin-rebuild',
    text: `update projections
           set building_generation = live_generation + 1, rebuild_status = 'running', rebuild_position = 0,
             rebuild_target = $2, rebuild_started_at = now()
           where name = $1
           returning name, live_generation as "liveGeneration", building_generation as generation,
             rebuild_position as position`,
    values: [name, target],
  });
  return rows[0];
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
async function resolveLettersOf(readDb: Queryable, name: ProjectionName, column: 'live' | 'building') {
  await readDb.query({
    name: `resolve-letters-of-${column}`,
    text: `update dead_letters d set status = 'replayed', resolved_at = now()
           from projections p
           where p.name = $1 and d.projection = p.name and d.generation = p.${column}_generation
             and d.status = 'parked'`,
    values: [name],
  });
}

/**
 * Rows of parked streams in a new generation of balances may be older than what the old one showed. Without a
 * row a read falls back to the write side, which is never behind.
 */
async function deleteParkedBalances(readDb: Queryable): Promise<void> {
  await readDb.query({
    name: 'delete-parked-balances',
    text: `delete from balances b
           using applied_versions a join projections p on p.name = a.projection
           where p.name = 'balances' and a.generation = p.building_generation and a.parked
             and b.generation = a.generation and b.tenant = a.tenant
             and b.account_id = substr(a.stream_id, length('account-') + 1)`,
  });
}

/** The swap: readers see the new generation with the commit. The projection must be held. */
export async function swapGenerations(readDb: Queryable, name: ProjectionName): Promise<void> {
  if (name === 'balances') await deleteParkedBalances(readDb);
  await resolveLettersOf(readDb, name, 'live');
  await readDb.query({
    name: 'swap-generations',
    text: `update projections
           set live_generation = building_generation, building_generation = null, rebuild_status = 'completed',
             rebuild_finished_at = now()
           where name = $1 and building_generation is not null`,
    values: [name],
  });
}

/** Gives a rebuild up; what it built is deleted like an old generation. The projection must be held. */
export async function failRebuild(readDb: Queryable, name: ProjectionName, error: string): Promise<void> {
  await resolveLettersOf(readDb, name, 'building');
  await readDb.query({
    name: 'fail-rebuild',
    text: `update projections
           set building_generation = null, rebuild_status = 'failed', rebuild_error = $2, rebuild_finished_at = now()
           where name = $1`,
    values: [name, error],
  });
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
