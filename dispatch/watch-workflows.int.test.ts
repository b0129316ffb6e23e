import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTemporalClient, lazyConnection, type TemporalClient } from '../platform/temporal.ts';
import { createWatcher } from './watch-workflows.ts';

let connection: ReturnType<typeof lazyConnection>;
let client: TemporalClient;
beforeAll(() => {
  connection = lazyConnection(inject('stack').TEMPORAL_ADDRESS);
  client = createTemporalClient(connection, 'default');
});
afterAll(() => connection.close());

/** A workflow that no worker does anything for. */
async function startOne() {
  const workflowId = `watched-${uuidv7()}`;
  await client.workflow.start('nobody', { workflowId, taskQueue: workflowId, args: [] });
  return workflowId;
}

test('a call that nobody waits for any more goes on for a moment, and not much longer', async () => {
  const watcher = createWatcher(() => ({ client, eager: false }));
  const over = new AbortController();
  const workflowId = await startOne();
  const ended = watcher.watch(workflowId, over.signal).then(() => 'ended');
  over.abort();
  expect(await Promise.race([ended, sleep(1_000, 'goes on')])).toBe('goes on');
  expect(await Promise.race([ended, sleep(20_000, 'goes on')])).toBe('ended');
  await client.workflow.getHandle(workflowId).terminate();
});

test('whoever comes meanwhile waits with the same call, until the workflow ends', async () => {
  const watcher = createWatcher(() => ({ client, eager: false }));
  const over = new AbortController();
  const workflowId = await startOne();
  const first = watcher.watch(workflowId, over.signal);
  over.abort();
  const second = watcher.watch(workflowId, new AbortController().signal);
  expect(second).toBe(first);
  // Longer than the call would have gone on for the first one alone.
  expect(await Promise.race([second, sleep(3_000, 'goes on')])).toBe('goes on');
  await client.workflow.getHandle(workflowId).terminate();
  await second;
});
