import { fileURLToPath } from 'node:url';
import type { WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { workflowBundle } from '../activities/workflow-bundle.ts';
import { PATHS } from '../test/paths.ts';
import { installQuietRuntime } from '../test/quiet-runtime.ts';
import { readRecorded, recordedNames, replay } from '../test/replays.ts';

/** Four bundles, on a machine that may be busy. */
const BUNDLING_TIMEOUT_MS = 120_000;

const pathTo = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const bundleOf = (relative: string) => workflowBundle(pathTo(relative));

/** The error of the first of these histories that the bundle does not follow. */
async function errorIn(bundle: WorkflowBundle, ...names: string[]): Promise<Error | undefined> {
  return (await replay(bundle, await readRecorded(names)))?.error;
}

let shipped: WorkflowBundle;
let reordered: WorkflowBundle;
let changed: WorkflowBundle;
let unpatched: WorkflowBundle;
beforeAll(async () => {
  installQuietRuntime();
  shipped = await bundleOf('index.ts');
  reordered = await bundleOf('../test/faults/reordered-workflows/index.ts');
  changed = await bundleOf('../test/faults/changed-workflows/index.ts');
  unpatched = await bundleOf('../test/faults/unpatched-workflows/index.ts');
}, BUNDLING_TIMEOUT_MS);

describe('the workflows of today still follow the histories of yesterday', () => {
  test('every path has a recorded history, and every history a path', async () => {
    expect(await recordedNames()).toEqual(PATHS.map(({ name }) => name).sort());
  });

  test.each(PATHS.map(({ name }) => name))('%s', async (name) => {
    expect(await errorIn(shipped, name)).toBeUndefined();
  });
});

test('a saga whose steps were reordered fails the replay', async () => {
  expect(await errorIn(reordered, 'transfer-completed')).toMatchObject({ name: 'DeterminismViolationError' });
});

describe('a change that is rolled out', () => {
  test('follows every recorded history where `patched` guards it', { timeout: 60_000 }, async () => {
    expect(await errorIn(changed, ...PATHS.map(({ name }) => name))).toBeUndefined();
  });

  test('fails the replay without `patched`', async () => {
    expect(await errorIn(unpatched, 'transfer-completed')).toMatchObject({
      name: 'DeterminismViolationError',
    });
  });
});
