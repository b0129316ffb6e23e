import { join } from 'node:path';
import { applyPatch } from './patches.ts';
import type { Verdict } from './plant.ts';
import type { PlantedBug } from './planted-bug.ts';
import { runNode } from './run-command.ts';
import type { Ground } from './run-tests.ts';

/** As many seeds as CI runs. */
const SEEDS = 500;
const TIMEOUT_MS = 600_000;
/** Without a bug no seed ends it early. */
const SOUND_TIMEOUT_MS = 1_800_000;
/** What the simulator says of the first seed that broke an invariant, before it makes that run smaller. */
const TELLS = /^(seed \d+ failed: .*)\n/m;

/**
 * The seeds must break nothing before anything is planted: one that fails anyway catches nothing.
 * @throws Error with what the simulator said
 */
export async function requireSound(ground: Ground): Promise<void> {
  const { code, hung, output } = await runSeeds(ground, SOUND_TIMEOUT_MS);
  if (hung || code !== 0) throw new Error(`without any bug ${SEEDS} seeds do not pass:\n${output}`);
}

/** Plants a bug in the copy and lets the simulator run: it must end with the seed and the invariant that is broken. */
export async function simulate(ground: Ground, bug: PlantedBug): Promise<Verdict> {
  const { dir } = ground;
  const begun = Date.now();
  await applyPatch(dir, bug.name, 'apply');
  try {
    const { code, hung, output } = await runSeeds(ground, TIMEOUT_MS);
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

async function runSeeds({ dir, signal }: Ground, timeoutMs: number) {
  const args = [join('stack', 'bootstrap.mjs'), 'test/faults/simulate.ts', '--seeds', String(SEEDS)];
  const run = await runNode(args, { cwd: dir, timeoutMs, signal, enough: TELLS });
  signal.throwIfAborted();
  return run;
}
