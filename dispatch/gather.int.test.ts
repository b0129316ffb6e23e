import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { TRANSFER_IDS } from '../platform/search-attributes.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { createLab, type Lab, log, openAccount, transfer } from '../test/lab.ts';
import { type OwnTemporal, startOwnTemporal } from '../test/own-temporal.ts';
import { installQuietRuntime } from '../test/quiet-runtime.ts';
import { runSweeper } from './sweeper.ts';

let database: TestDatabase;
let temporal: OwnTemporal;
let lab: Lab;
const stopping = new AbortController();
let sweeping: Promise<void>;

/** A Temporal of its own, because a test takes its search attribute away. */
beforeAll(async () => {
  installQuietRuntime();
  database = await createTestDatabase(inject('stack'));
  temporal = await startOwnTemporal();
  lab = await createLab({
    databaseUrl: database.url,
    temporalAddress: temporal.env.TEMPORAL_ADDRESS!,
    env: { TRANSFER_GROUPING: 'always' },
  });
  sweeping = runSweeper({ pool: lab.pool, log, start: lab.start, intervalMs: 200 }, stopping.signal);
  for (const id of ['a', 'b', 'held']) await lab.run(openAccount(id, 1_000n));
});
afterAll(async () => {
  stopping.abort();
  await sweeping;
  await lab?.close();
  await temporal?.remove();
  await database?.drop();
});

type Row = { resource_id: string; workflow_id: string; status: string };
const rowsOf = async (prefix: string) =>
  (
    await lab.pool.query<Row>(
      `select resource_id, workflow_id, status from commands
       where tenant = $1 and resource_id like $2 order by resource_id`,
      [lab.tenant, `${prefix}%`],
    )
  ).rows;

test('of transfers that come together, repeats and taken ids leave nothing and harm no other', async () => {
  const pay = transfer('once-1', 'a', 'b', 1n);
  const [first, repeat, reused, taken, other] = await Promise.all([
    lab.execute(pay, { key: 'k' }),
    lab.execute(pay, { key: 'k' }),
    lab.execute({ ...pay, amountMinor: 2n }, { key: 'k' }),
    lab.execute(pay, { key: 'other' }),
    lab.execute(transfer('once-2', 'a', 'b', 1n)),
  ]);
  expect(first).toMatchObject({ kind: 'recorded', replayed: false, command: { status: 'completed' } });
  expect(repeat).toMatchObject({ kind: 'recorded', replayed: true, command: { status: 'completed' } });
  expect(reused).toEqual({ kind: 'key-reused' });
  expect(taken).toEqual({ kind: 'taken', claim: { kind: 'transfer', resourceId: 'once-1' } });
  expect(other).toMatchObject({ kind: 'recorded', command: { status: 'completed' } });
  const rows = await rowsOf('once');
  expect(rows.map((row) => row.resource_id)).toEqual(['once-1', 'once-2']);
  expect(new Set(rows.map((row) => row.workflow_id)).size).toBe(1);
});

test('a command that cannot be recorded keeps no other from it', async () => {
  const broken = { ...transfer('broken-1', 'a', 'b', 1n), description: 'no\u0000text' };
  const [bad, good] = await Promise.allSettled([
    lab.execute(broken),
    lab.execute(transfer('broken-2', 'a', 'b', 1n)),
  ]);
  expect(bad.status).toBe('rejected');
  expect(good).toMatchObject({ status: 'fulfilled', value: { command: { status: 'completed' } } });
});

test.each([
  ['debit', 'held', 'b'],
  ['credit', 'a', 'held'],
])(
  'an account that is held at the %s holds up its own transfer only',
  async (leg, from, to) => {
    const client = await lab.pool.connect();
    await client.query('begin');
    await client.query('select 1 from heads where tenant = $1 and stream_id = $2 for update', [
      lab.tenant,
      'account-held',
    ]);
    const slow = lab.execute(transfer(`${leg}-slow`, from, to, 1n), { waitMs: 60_000 });
    const others = [1, 2, 3].map((at) => lab.execute(transfer(`${leg}-${at}`, 'a', 'b', 1n)));
    try {
      for (const one of await Promise.all(others))
        expect(one).toMatchObject({ command: { status: 'completed' } });
      await sleep(500);
      expect((await rowsOf(`${leg}-slow`))[0]?.status).toBe('accepted');
    } finally {
      await client.query('rollback');
      client.release();
    }
    expect(await slow).toMatchObject({ command: { status: 'completed' } });
    expect((await rowsOf(`${leg}-slow`))[0]?.workflow_id).toBe(`${lab.tenant}/transfer/${leg}-slow`);
  },
  90_000,
);

test('adaptive: one goes alone at once, many go as soon as they fill a group, and the rest go together', async () => {
  const adaptive = await createLab({
    databaseUrl: database.url,
    temporalAddress: temporal.env.TEMPORAL_ADDRESS!,
  });
  try {
    for (const id of ['a', 'b']) await adaptive.run(openAccount(id, 1_000n));
    const ids = Array.from({ length: 60 }, (_, at) => `t${at}`);
    const ends = await Promise.all(ids.map((id) => adaptive.execute(transfer(id, 'a', 'b', 1n))));
    for (const end of ends) expect(end).toMatchObject({ command: { status: 'completed' } });
    const { rows } = await adaptive.pool.query<{ transfers: number; alone: boolean }>(
      `select count(*)::int as transfers, workflow_id = $1 || '/transfer/t0' as alone from commands
       where tenant = $1 and type = 'transfer' group by workflow_id order by alone desc, transfers desc`,
      [adaptive.tenant],
    );
    expect(rows).toEqual([
      { transfers: 1, alone: true },
      { transfers: 50, alone: false },
      { transfers: 9, alone: false },
    ]);
  } finally {
    await adaptive.close();
  }
}, 60_000);

test('a Temporal that does not know the search attribute learns it, and the group runs all the same', async () => {
  const { connection, options } = lab.client;
  const name = TRANSFER_IDS.name;
  await connection.operatorService.removeSearchAttributes({
    namespace: options.namespace,
    searchAttributes: [name],
  });
  const pay = (id: string) => lab.execute(transfer(id, 'a', 'b', 1n));
  expect(await Promise.all([pay('unknown-1'), pay('unknown-2')])).toMatchObject([
    { command: { status: 'completed' } },
    { command: { status: 'completed' } },
  ]);
  const known = async () =>
    Object.keys(
      (await connection.operatorService.listSearchAttributes({ namespace: options.namespace }))
        .customAttributes ?? {},
    );
  await expect.poll(known, { timeout: 20_000, interval: 200 }).toContain(name);
}, 60_000);
