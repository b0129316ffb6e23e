import { beforeAll, expect, test } from 'vitest';
import { openParts, type Parts } from '../simulator/parts.ts';
import { simulate } from '../simulator/simulation.ts';

/** So many that the faults of each kind are among them, and so few that hundreds of mutants can meet them. */
const SEEDS = Array.from({ length: 25 }, (_, at) => at + 1);

let parts: Parts;
beforeAll(async () => {
  parts = await openParts();
});

test('no seed breaks an invariant', async () => {
  for (const seed of SEEDS) {
    const { violations } = await simulate(parts, { seed, operations: null, faults: null });
    expect(violations, `seed ${seed}`).toEqual([]);
  }
});
