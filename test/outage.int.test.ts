import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePort } from '../stack/ports.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createFaultProxy } from './faults/campaign/proxy.ts';
import { answers, spawnRemit, waitFor } from './processes.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

test('a process that starts while Postgres is away waits for it', { timeout: 240_000 }, async () => {
  const port = await freePort();
  const url = new URL(database.url);
  const target = url.host;
  url.host = `127.0.0.1:${port}`;
  const child = await spawnRemit('api', { ...inject('stack'), DATABASE_URL: url.href }, {});
  // Longer than it takes to start: a process that gave up would be gone by then.
  await sleep(8_000);
  expect([child.child.exitCode, child.child.signalCode]).toEqual([null, null]);
  const proxy = await createFaultProxy({ target, port });
  try {
    await waitFor('the API', () => answers(`${child.url}/healthz`), 120_000);
  } finally {
    await child.kill();
    await proxy.close();
  }
});
