import type { Queryable } from '../platform/postgres.ts';
import type { ProjectionName } from './read-projections.ts';

/** A generation of a projection that events are applied to. */
export type Target = {
  readonly projection: ProjectionName;
  readonly generation: number;
  /** False for a generation that a rebuild is still filling. */
  readonly live: boolean;
};

type Row = { name: ProjectionName; live_generation: number; building_generation: number | null };

/** The generations to apply to, by name, the live one first. Read while the projections' locks are shared. */
export async function readTargets(db: Queryable): Promise<Target[]> {
  const { rows } = await db.query<Row>({
    name: 'read-targets',
    text: `select name, live_generation, building_generation from projections order by name`,
  });
  return rows.flatMap((row) => {
    const live: Target = { projection: row.name, generation: row.live_generation, live: true };
    if (row.building_generation === null) return [live];
    return [live, { projection: row.name, generation: row.building_generation, live: false }];
  });
}
