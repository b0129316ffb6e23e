import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { PATHS } from '../test/paths.ts';

const pathTo = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const bundleOf = (relative: string) =>
  bundleWorkflowCode({ workflowsPath: pathTo(relative), logger: Runtime.instance().logger });

async function recorded(name: string) {
  return historyFromJSON(JSON.parse(await readFile(pathTo(`histories/${name}.json`), 'utf8')));
}

async function replay(workflowBundle: WorkflowBundle, name: string): Promise<Error | undefined> {
  const histories = [{ workflowId: name, history: await recorded(name) }];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) return error;
  throw new Error(`nothing was replayed for ${name}`);
}

let shipped: WorkflowBundle;
let reordered: WorkflowBundle;
beforeAll(async () => {
  Runtime.install({
    shutdownSignals: [],
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  shipped = await bundleOf('index.ts');
  reordered = await bundleOf('../test/faults/reordered-workflows/index.ts');
});

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
