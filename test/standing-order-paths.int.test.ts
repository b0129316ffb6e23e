import { describe, expect, test } from 'vitest';
import { usePathParts } from './path-parts.ts';
import { STANDING_ORDER_PATHS, walkStandingOrder } from './standing-order-paths.ts';

const parts = usePathParts();

describe('every path of standing orders, on real Temporal and Postgres', () => {
  test.each(STANDING_ORDER_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab, command, result } = await walkStandingOrder(path, parts());
    expect([command.status, command.refusal]).toEqual(['completed', null]);
    if (path.ends !== null) expect(result).toMatchObject(path.ends);
    await lab.close();
  });
});
