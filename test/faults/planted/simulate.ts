import { join } from 'node:path';
import { applyPatch } from './patches.ts';
import type { Verdict } from './plant.ts';
import type { PlantedBug } from './planted-bug.ts';
import { runNode } from './run-command.ts';
import type { Ground } from './run-tests.ts';

/** As many seeds as CI runs. */
const SEEDS = 500;
const TIMEOUT_MS = 600_000;
/** What the simulator says of the first seed that broke an invariant, before it makes that run smaller. */
const TELLS = /^(seed \d+ failed: .*)\n/m;

/** Plants a bug in the copy and lets the simulator run: it must end with the seed and the invariant that is broken. */
export async function simulate({ dir, signal }: Ground, bug: PlantedBug): Promise<Verdict> {
  const begun = Date.now();
  await applyPatch(dir, bug.name, 'apply');
  try {
    const args = [join('stack', 'bootstrap.mjs'), 'test/faults/simulate.ts', '--seeds', String(SEEDS)];
    const run = await runNode(args, { cwd: dir, timeoutMs: TIMEOUT_MS, signal, enough: TELLS });
    const { code, hung, output } = run;
    signal.throwIfAborted();
    const tookMs = Date.now() - begun;
    const told = TELLS.exec(output)?.[1];
    if (hung) return { bug, tookMs, caught: false, by: `HUNG after ${TIMEOUT_MS} ms`, why: '' };
    if (code === 0) return { bug, tookMs, caught: false, by: `SURVIVED ${SEEDS} seeds`, why: '' };
    // Without a seed it failed for another reason, such as code that cannot be loaded.
    return {
      bug,
      tookMs,
      caught: told !== undefined,
      by: told ?? 'NOT RUN',
      why: told === undefined ? output : '',
    };
  } finally {
    await applyPatch(dir, bug.name, 'reverse');
  }
}
