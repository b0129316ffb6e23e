import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { PlantedBug } from './planted-bug.ts';
import { runNode } from './run-command.ts';

type Test = PlantedBug['test'];

/** How a test ended that was to be run: by its file and the end of its name. */
export type Result = {
  readonly file: string;
  readonly name: string;
  readonly status: string;
  /** The first line of its failure; empty where it passed. */
  readonly why: string;
};

export type TestRun = {
  readonly results: readonly Result[];
  readonly hung: boolean;
  /** The end of what vitest printed, for where it says more than the results. */
  readonly output: string;
};

export type Ground = {
  /** A copy of the checkout. */
  readonly dir: string;
  /** The addresses of the stack that all runs share. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

type Report = {
  testResults?: {
    name: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[];
  }[];
};

/** Runs the tests named, and no others, as they are in the copy. */
export async function runTests(ground: Ground, tests: readonly Test[], timeoutMs: number): Promise<TestRun> {
  const { dir, env, signal } = ground;
  const report = join(dir, 'planted-report.json');
  await rm(report, { force: true });
  const projects = [...new Set(tests.map(({ project }) => `--project=${project}`))];
  const files = [...new Set(tests.map(({ file }) => file))];
  const names = [...new Set(tests.map(({ name }) => `${asPattern(name)}$`))].join('|');
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=json', `--outputFile.json=${report}`, '--reporter=default'];
  const args = [vitest, 'run', ...projects, ...reporters, '-t', names, ...files];
  const { hung, output } = await runNode(args, {
    cwd: dir,
    env: { ...env, NO_COLOR: '1' },
    timeoutMs,
    signal,
  });
  signal.throwIfAborted();
  return { hung, output, results: resultsOf(dir, await readReport(report)) };
}

/** The test that ended so, or one of those of that name (one for each case). */
export function ended(
  results: readonly Result[],
  test: Test,
  status: 'passed' | 'failed',
): Result | undefined {
  return results.find(
    (result) => result.file === test.file && result.name.endsWith(test.name) && result.status === status,
  );
}

/** A run that was killed has none. */
async function readReport(file: string): Promise<Report> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return {};
  }
}

function resultsOf(dir: string, { testResults = [] }: Report): Result[] {
  return testResults.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map(({ fullName: name, status, failureMessages = [] }) => {
      const why = failureMessages[0]?.split('\n')[0] ?? '';
      return { file: relative(dir, path), name, status, why };
    }),
  );
}

/** vitest reads names as regular expressions. */
function asPattern(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
