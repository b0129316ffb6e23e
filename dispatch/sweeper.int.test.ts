import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { createLab, type Lab, log, openAccount, transfer } from '../test/lab.ts';
import { installQuietRuntime } from '../test/quiet-runtime.ts';
import { runSweeper } from './sweeper.ts';

let database: TestDatabase;
let lab: Lab;
beforeAll(async () => {
  installQuietRuntime();
  database = await createTestDatabase();
  lab = await createLab({
    databaseUrl: database.url,
    temporalAddress: inject('stack').TEMPORAL_ADDRESS,
    env: { SWEEP_AFTER_MS: '1' },
  });
});
afterAll(async () => {
  await lab.close();
  await database.drop();
});

test('a command that cannot be started keeps no other from its start', async () => {
  await lab.run(openAccount('a', 1000n));
  await lab.run(openAccount('b', 0n));
  // Recorded, and then its API died: nobody started these.
  for (let at = 0; at < 30; at += 1) await lab.record(transfer(`t${at}`, 'a', 'b', 1n));
  await lab.pool.query(
    `update commands set payload = jsonb_set(payload, '{currency}', '"gone"') where resource_id = 't3'`,
  );
  const stop = new AbortController();
  const sweeping = runSweeper({ pool: lab.pool, log, start: lab.start, intervalMs: 100 }, stop.signal);
  const left = async () =>
    (await lab.pool.query("select resource_id from commands where status = 'accepted'")).rows.map(
      ({ resource_id }) => resource_id,
    );
  await expect.poll(left, { timeout: 30_000, interval: 100 }).toEqual(['t3']);
  stop.abort();
  await sweeping;
});
