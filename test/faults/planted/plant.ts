import { applyPatch } from './patches.ts';
import type { PlantedBug } from './planted-bug.ts';
import { ended, type Ground, runTests, type TestRun } from './run-tests.ts';

/** How a planted bug fared: caught, or what is wrong with it. */
export type Verdict = {
  readonly bug: PlantedBug;
  readonly caught: boolean;
  /** What caught it, or why nothing did. */
  readonly by: string;
  /** How it showed; empty where it did not. */
  readonly why: string;
  readonly tookMs: number;
};

/** One test: a mistake may well make it wait for what never comes. */
const TEST_TIMEOUT_MS = 240_000;
/** All named tests once, without any bug. */
const ALL_TIMEOUT_MS = 1_200_000;

/**
 * The named tests must pass before anything is planted: one that fails anyway catches nothing.
 * @throws Error with the names of those that do not pass.
 */
export async function requirePassing(ground: Ground, bugs: readonly PlantedBug[]): Promise<void> {
  const tests = bugs.map(({ test }) => test);
  const run = await runTests(ground, tests, ALL_TIMEOUT_MS);
  const failing = tests.filter(
    (test) => !ended(run.results, test, 'passed') || ended(run.results, test, 'failed') !== undefined,
  );
  if (failing.length === 0) return;
  const names = failing.map(({ file, name }) => `${file}: ${name}`).join('\n  ');
  throw new Error(`without any bug these tests do not pass, or are not there:\n  ${names}\n${run.output}`);
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

/** A run that never comes to its end is an error that a person sees; a test that cannot even be loaded shows nothing. */
function judge({ test }: PlantedBug, { results, hung, output }: TestRun): Omit<Verdict, 'bug' | 'tookMs'> {
  const place = `${test.file}: ${test.name}`;
  if (hung) return { caught: true, by: `${place} (hung, and was killed)`, why: '' };
  const failed = ended(results, test, 'failed');
  if (failed !== undefined) return { caught: true, by: place, why: failed.why };
  if (ended(results, test, 'passed') !== undefined) {
    return { caught: false, by: `SURVIVED ${place}`, why: '' };
  }
  return { caught: false, by: `NOT RUN ${place}`, why: output };
}
