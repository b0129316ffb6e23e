import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestSuite } from 'vitest/node';
import type { Told } from './run-tests.ts';

/**
 * A reporter of vitest: appends a line to the file that TOLD_TESTS_FILE names when a test begins, and one when it ends.
 * vitest's own reports come at the end of a run, and a run that is killed has none.
 */
export default class TellTests implements Reporter {
  onTestCaseReady(test: TestCase): void {
    tell(test, 'begun', '');
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors = [] } = test.result();
    const [first] = errors;
    if (state === 'passed' || state === 'failed') tell(test, state, first?.stack ?? first?.message ?? '');
  }
}

function tell(test: TestCase, status: Told['status'], error: string): void {
  const file = relative(test.project.config.root, test.module.moduleId);
  const told: Told = { file, name: nameOf(test), status, why: error.split('\n')[0] ?? '' };
  // At once, for the next moment may be the one in which the run is killed.
  appendFileSync(process.env.TOLD_TESTS_FILE!, `${JSON.stringify(told)}\n`);
}

/** As `-t` reads it: with the names of what it is in. */
function nameOf({ parent, name }: TestCase | TestSuite): string {
  return parent.type === 'module' ? name : `${nameOf(parent)} ${name}`;
}
