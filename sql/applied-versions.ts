import type { Queryable } from '../platform/postgres.ts';
import type { ProjectionName } from './read-projections.ts';
import { type StreamKey, streamName } from './read-stream.ts';

/** How far a stream has been applied to one generation of a projection. */
export type Applied = StreamKey & {
  readonly projection: ProjectionName;
  readonly generation: number;
  readonly version: number;
  readonly parked: boolean;
};

export type AppliedKey = Omit<Applied, 'version' | 'parked'>;

type Row = {
  projection: ProjectionName;
  generation: number;
  tenant: string;
  stream_id: string;
  version: number;
  parked: boolean;
};

export function appliedName(key: AppliedKey): string {
  return `${key.projection}/${key.generation}/${streamName(key)}`;
}

/**
 * Locks how far these streams are applied, in key order, until the transaction ends; streams that are new to a
 * generation get a row at version 0. Whoever holds the lock is the only one to write rows of that stream.
 */
export async function lockApplied(db: Queryable, keys: readonly AppliedKey[]): Promise<Map<string, Applied>> {
  const locked = new Map<string, Applied>();
  await lockInto(locked, db, keys);
  const missing = keys.filter((key) => !locked.has(appliedName(key)));
  if (missing.length === 0) return locked;
  await insertMissing(db, missing);
  await lockInto(locked, db, missing);
  return locked;
}

async function lockInto(locked: Map<string, Applied>, db: Queryable, keys: readonly AppliedKey[]) {
  const { rows } = await db.query<Row>({
    name: 'lock-applied-versions',
    text: `select a.projection, a.generation, a.tenant, a.stream_id, a.version, a.parked
           from applied_versions a
           join unnest($1::text[], $2::int[], $3::text[], $4::text[])
             as k (projection, generation, tenant, stream_id) using (projection, generation, tenant, stream_id)
           order by a.projection, a.generation, a.tenant collate "C", a.stream_id collate "C"
           for update of a`,
    values: columns(keys),
  });
  for (const { stream_id: streamId, ...row } of rows) {
    const applied = { ...row, streamId };
    locked.set(appliedName(applied), applied);
  }
}

async function insertMissing(db: Queryable, keys: readonly AppliedKey[]): Promise<void> {
  await db.query({
    name: 'insert-applied-versions',
    text: `insert into applied_versions (projection, generation, tenant, stream_id, version)
           select k.projection, k.generation, k.tenant, k.stream_id, 0
           from unnest($1::text[], $2::int[], $3::text[], $4::text[])
             as k (projection, generation, tenant, stream_id)
           order by k.projection, k.generation, k.tenant collate "C", k.stream_id collate "C"
           on conflict do nothing`,
    values: columns(keys),
  });
}

/** Saves how far streams were applied; the caller holds their locks. */
export async function saveApplied(db: Queryable, applied: readonly Applied[]): Promise<void> {
  if (applied.length === 0) return;
  await db.query({
    name: 'save-applied-versions',
    text: `update applied_versions a
           set version = u.version, parked = u.parked
           from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[], $6::boolean[])
             as u (projection, generation, tenant, stream_id, version, parked)
           where a.projection = u.projection and a.generation = u.generation and a.tenant = u.tenant
             and a.stream_id = u.stream_id`,
    values: [...columns(applied), applied.map((row) => row.version), applied.map((row) => row.parked)],
  });
}

function columns(keys: readonly AppliedKey[]): unknown[] {
  return [
    keys.map((key) => key.projection),
    keys.map((key) => key.generation),
    keys.map((key) => key.tenant),
    keys.map((key) => key.streamId),
  ];
}
