import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { workflowBundle } from '../activities/workflow-bundle.ts';
import { PATHS } from '../test/paths.ts';

/** Four bundles, on a machine that may be busy. */
const BUNDLING_TIMEOUT_MS = 120_000;

const pathTo = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const bundleOf = (relative: string) => workflowBundle(pathTo(relative));

async function recorded(name: string) {
  return historyFromJSON(JSON.parse(await readFile(pathTo(`histories/${name}.json`), 'utf8')));
}

/** The error of the first history that the bundle does not follow. */
async function replay(bundle: WorkflowBundle, ...names: string[]): Promise<Error | undefined> {
  const histories = await Promise.all(
    names.map(async (name) => ({ workflowId: name, history: await recorded(name) })),
  );
  let replayed = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: bundle }, histories)) {
    if (error) return error;
    replayed += 1;
  }
  if (replayed < names.length) throw new Error(`only ${replayed} of ${names.length} were replayed`);
  return undefined;
}

let shipped: WorkflowBundle;
let reordered: WorkflowBundle;
let changed: WorkflowBundle;
let unpatched: WorkflowBundle;
beforeAll(async () => {
  Runtime.install({
    shutdownSignals: [],
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  shipped = await bundleOf('index.ts');
  reordered = await bundleOf('../test/faults/reordered-workflows/index.ts');
  changed = await bundleOf('../test/faults/changed-workflows/index.ts');
  unpatched = await bundleOf('../test/faults/unpatched-workflows/index.ts');
}, BUNDLING_TIMEOUT_MS);

describe('the workflows of today still follow the histories of yesterday', () => {
  test('every path has a recorded history, and every history a path', async () => {
    const files = await readdir(pathTo('histories'));
    expect(files.sort()).toEqual(PATHS.map(({ name }) => `${name}.json`).sort());
  });

  test.each(PATHS.map(({ name }) => name))('%s', async (name) => {
    expect(await replay(shipped, name)).toBeUndefined();
  });
});

test('a saga whose steps were reordered fails the replay', async () => {
  expect(await replay(reordered, 'transfer-completed')).toMatchObject({ name: 'DeterminismViolationError' });
});

describe('a change that is rolled out', () => {
  test('follows every recorded history where `patched` guards it', { timeout: 60_000 }, async () => {
    expect(await replay(changed, ...PATHS.map(({ name }) => name))).toBeUndefined();
  });

  test('fails the replay without `patched`', async () => {
    expect(await replay(unpatched, 'transfer-completed')).toMatchObject({
      name: 'DeterminismViolationError',
    });
  });
});
