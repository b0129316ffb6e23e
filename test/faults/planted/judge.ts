import type { PlantedBug } from './planted-bug.ts';
import { isUnderWay, type TestRun, told } from './run-tests.ts';

/** What a run of a bug's test shows. */
export type Judgement = {
  readonly caught: boolean;
  /** What caught it, or why nothing did. */
  readonly by: string;
  /** How it showed; empty where it did not. */
  readonly why: string;
};

/**
 * A test that begins and never comes to its end is an error that a person sees. A run that hangs before the test, or
 * after it, shows nothing of the bug, and neither does a test that cannot even be loaded: somebody must look.
 */
export function judge({ test }: PlantedBug, { tests, hung, output }: TestRun): Judgement {
  const place = `${test.file}: ${test.name}`;
  const failed = told(tests, test, 'failed');
  if (failed !== undefined) return { caught: true, by: place, why: failed.why };
  if (hung && isUnderWay(tests, test)) {
    return { caught: true, by: `${place} (hung, and was killed)`, why: '' };
  }
  if (hung) return { caught: false, by: `HUNG, but not in ${place}`, why: output };
  if (told(tests, test, 'passed') !== undefined) return { caught: false, by: `SURVIVED ${place}`, why: '' };
  return { caught: false, by: `NOT RUN ${place}`, why: output };
}
