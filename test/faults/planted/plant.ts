import { type Judgement, judge } from './judge.ts';
import { applyPatch } from './patches.ts';
import type { PlantedBug } from './planted-bug.ts';
import { type Ground, runTests, told } from './run-tests.ts';

/** How a planted bug fared: caught, or what is wrong with it. */
export type Verdict = Judgement & { readonly bug: PlantedBug; readonly tookMs: number };

/** One test: a mistake may well make it wait for what never comes. */
const TEST_TIMEOUT_MS = 240_000;
/** All named tests once, without any bug. */
const ALL_TIMEOUT_MS = 1_200_000;

/**
 * The named tests must pass before anything is planted: one that fails anyway catches nothing.
 * @throws Error with the names of those that do not pass.
 */
export async function requirePassing(ground: Ground, bugs: readonly PlantedBug[]): Promise<void> {
  const named = bugs.map(({ test }) => test);
  const { tests, output } = await runTests(ground, named, ALL_TIMEOUT_MS);
  const failing = named.filter(
    (test) => !told(tests, test, 'passed') || told(tests, test, 'failed') !== undefined,
  );
  if (failing.length === 0) return;
  const names = failing.map(({ file, name }) => `${file}: ${name}`).join('\n  ');
  throw new Error(`without any bug these tests do not pass, or are not there:\n  ${names}\n${output}`);
}

/** Plants a bug in the copy, runs the test that must fail, and takes the bug out again. */
export async function plant(ground: Ground, bug: PlantedBug): Promise<Verdict> {
  const begun = Date.now();
  await applyPatch(ground.dir, bug.name, 'apply');
  try {
    const run = await runTests(ground, [bug.test], TEST_TIMEOUT_MS);
    return { bug, tookMs: Date.now() - begun, ...judge(bug, run) };
  } finally {
    await applyPatch(ground.dir, bug.name, 'reverse');
  }
}
