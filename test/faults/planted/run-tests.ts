import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlantedBug } from './planted-bug.ts';
import { runNode } from './run-command.ts';

type Test = PlantedBug['test'];

/** What became of a test, when it happened: one that ended has been told to have begun before. */
export type Told = {
  readonly file: string;
  readonly name: string;
  readonly status: 'begun' | 'passed' | 'failed';
  /** The first line of its failure; empty where there is none. */
  readonly why: string;
};

export type TestRun = {
  readonly tests: readonly Told[];
  readonly hung: boolean;
  /** The end of what vitest printed, for where it says more than the tests. */
  readonly output: string;
};

export type Ground = {
  /** A copy of the checkout. */
  readonly dir: string;
  /** The addresses of the stack that all runs share. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** Runs the tests named, and no others, as they are in the copy. */
export async function runTests(ground: Ground, tests: readonly Test[], timeoutMs: number): Promise<TestRun> {
  const { dir, env, signal } = ground;
  const toldFile = join(dir, 'told-tests.jsonl');
  await rm(toldFile, { force: true });
  const projects = [...new Set(tests.map(({ project }) => `--project=${project}`))];
  const files = [...new Set(tests.map(({ file }) => file))];
  const names = [...new Set(tests.map(({ name }) => `${asPattern(name)}$`))].join('|');
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=./test/faults/planted/tell-tests.ts', '--reporter=default'];
  const args = [vitest, 'run', ...projects, ...reporters, '-t', names, ...files];
  const { hung, output } = await runNode(args, {
    cwd: dir,
    env: { ...env, NO_COLOR: '1', TOLD_TESTS_FILE: toldFile },
    timeoutMs,
    signal,
  });
  signal.throwIfAborted();
  return { hung, output, tests: await readTold(toldFile) };
}

/** The first that was told so of the test, or of one of those of that name (one for each case). */
export function told(tests: readonly Told[], test: Test, status: Told['status']): Told | undefined {
  return tests.find((one) => isOf(one, test) && one.status === status);
}

/** True where a test of that name has begun and not ended. */
export function isUnderWay(tests: readonly Told[], test: Test): boolean {
  const own = tests.filter((one) => isOf(one, test));
  const begun = own.filter(({ status }) => status === 'begun').length;
  return begun > own.length - begun;
}

function isOf({ file, name }: Told, test: Test): boolean {
  return file === test.file && name.endsWith(test.name);
}

/** Where no test has begun there is no file. */
async function readTold(file: string): Promise<Told[]> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Told);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
}

/** vitest reads names as regular expressions. */
function asPattern(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
