import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { get, post } from './http.ts';
import { type RemitChild, startRemit, waitFor } from './processes.ts';
import { workflowStory } from './workflow-story.ts';

const run = Date.now().toString(36);
/** Two processes and two commands, one after the other, on a machine that may be busy. */
const STARTING_TIMEOUT_MS = 240_000;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
let database: TestDatabase;
let env: Record<string, string>;
let connection: Connection;
let client: Client;
let old: RemitChild;
let changed: RemitChild;

beforeAll(async () => {
  database = await createTestDatabase();
  env = {
    ...inject('stack'),
    DATABASE_URL: database.url,
    TEMPORAL_TASK_QUEUE: `rollout-${run}`,
    TEMPORAL_DEPLOYMENT_NAME: `remit-${run}`,
    KAFKA_TOPIC: `rollout.${run}`,
    KAFKA_DEAD_LETTER_TOPIC: `rollout.${run}.dead`,
    KAFKA_GROUP: `rollout-${run}`,
    APPROVAL_THRESHOLDS: 'EUR:5.00',
  };
  connection = await Connection.connect({ address: env.TEMPORAL_ADDRESS! });
  client = new Client({ connection });
  old = await startRemit('api,worker', { ...env, TEMPORAL_BUILD_ID: 'old' });
  await command('cli/rollout.ts', 'old');
  changed = await startRemit(
    'api,worker',
    { ...env, TEMPORAL_BUILD_ID: 'changed' },
    { entry: 'test/faults/changed-main.ts' },
  );
}, STARTING_TIMEOUT_MS);
afterAll(async () => {
  await Promise.all([old?.stop(), changed?.stop()]);
  await connection?.close();
  await database?.drop();
});

/** Runs one of the commands as an operator does; returns what it prints. */
async function command(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env, ROLES: 'worker' },
  });
  return stdout;
}

const storyOf = (transferId: string) => workflowStory(client, `main/transfer/${transferId}`);
const pay = (api: RemitChild, id: string, amount: string) =>
  post(
    `${api.url}/api/transfers`,
    { id, from: 'a', to: 'b', amount, currency: 'EUR' },
    { prefer: 'wait=30' },
  );
const statusOf = async (api: RemitChild, id: string) =>
  (await get(`${api.url}/api/transfers/${id}`)).body.status;

describe('a changed workflow is rolled out', { timeout: 120_000 }, () => {
  test('until it is current its build begins nothing, not even what its own API accepts', async () => {
    const opened = [
      await post(
        `${old.url}/api/accounts`,
        { id: 'a', currency: 'EUR', initialDeposit: '100.00' },
        { prefer: 'wait=30' },
      ),
      await post(`${changed.url}/api/accounts`, { id: 'b', currency: 'EUR' }, { prefer: 'wait=30' }),
      await pay(changed, 'before', '1.00'),
    ];
    expect(opened.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await storyOf('before')).toEqual({ builds: ['old'], isMarked: false });
  });

  test('what waits goes on in it as it began, and what is new is changed', async () => {
    await pay(old, 'waiting', '6.00');
    await waitFor(
      'the approval to be asked for',
      async () => (await statusOf(old, 'waiting')) === 'awaiting_approval',
    );
    expect(await command('cli/rollout.ts', 'changed')).toContain(
      'build changed is current; before it old was',
    );
    expect(await old.stop()).toBe(0);
    const approved = await post(
      `${changed.url}/api/transfers/waiting/approve`,
      { reason: 'asked to' },
      { prefer: 'wait=30' },
    );
    expect(approved.status, approved.text).toBe(200);
    await waitFor(
      'the transfer to complete',
      async () => (await statusOf(changed, 'waiting')) === 'completed',
    );
    expect(await storyOf('waiting')).toEqual({ builds: ['old', 'changed'], isMarked: false });
    expect((await pay(changed, 'after', '1.00')).status).toBe(201);
    expect(await storyOf('after')).toEqual({ builds: ['changed'], isMarked: true });
  });

  test('rolling out again changes nothing, and does not name the build as its own predecessor', async () => {
    const said = await command('cli/rollout.ts', 'changed');
    expect(said).toContain('build changed is current.');
    expect(said).not.toContain('before it');
  });

  test('an id that no build can have is refused at once, above all the empty one', async () => {
    for (const id of ['', 'a.b'])
      await expect(command('cli/rollout.ts', id)).rejects.toThrow('Say which build');
  });

  test('a worker with a version is healthy for the health check of its container', async () => {
    await command('cli/health.ts');
  });
});
