import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyChunk } from '../projector/apply-chunk.ts';
import { deliver } from '../projector/delivery.ts';
import { readLog } from '../sql/read-log.ts';
import { sequence } from '../sql/sequence.ts';
import { account, deposit, open, openProjectorLab, type ProjectorLab, TENANT } from '../test/projecting.ts';
import type { Deps } from './context.ts';
import { loadAccount } from './load-account.ts';
import { Problem } from './problem.ts';

let lab: ProjectorLab;
beforeAll(async () => {
  lab = await openProjectorLab({ partitions: 1 });
});
afterAll(() => lab.close());

/** Brings what was committed to the read tables, as the projector does. */
async function project(): Promise<void> {
  const client = await lab.pool.connect();
  while ((await sequence(client, 1_000, 1)) > 0);
  client.release();
  const deliveries = (await readLog(lab.pool, 0n, 1_000)).map(({ event }) => deliver(event));
  const { pool, readPool } = lab;
  await applyChunk({ pool, readPool, topic: 'events', heartbeat: async () => {} }, deliveries);
}

const read = (minVersion: number, READ_WAIT_MS: number) => {
  const deps = { pool: lab.pool, readPool: lab.readPool, now: () => new Date(), config: { READ_WAIT_MS } };
  return loadAccount(deps as Deps, { tenant: TENANT, accountId: account('a'), minVersion });
};

test('a read that asks for a version waits for it, and is 503 where it does not come', async () => {
  await open(lab.pool, 'a');
  await project();
  expect(await read(2, 0)).toMatchObject({ source: 'row', version: 2 });
  await deposit(lab.pool, 'a', 5n);
  const failure = await read(3, 100).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Problem);
  expect(failure).toMatchObject({ code: 'not-ready' });
  const waiting = read(3, 20_000);
  await project();
  expect(await waiting).toMatchObject({ source: 'row', version: 3 });
});
