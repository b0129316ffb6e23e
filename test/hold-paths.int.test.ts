import { describe, expect, test } from 'vitest';
import { readHold } from '../sql/read-hold.ts';
import { HOLD_PATHS, walkHold } from './hold-paths.ts';
import { usePathParts } from './path-parts.ts';

const parts = usePathParts();

describe('every path of the timer of a hold, on real Temporal and Postgres', () => {
  test.each(HOLD_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab } = await walkHold(path, parts());
    expect((await readHold(lab.pool, lab.tenant, 'h'))?.hold.status).toBe(path.ends);
    const { rows } = await lab.pool.query('select 1 from expected_workflows where tenant = $1', [lab.tenant]);
    expect(rows).toEqual([]);
    await lab.close();
  });
});
