import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createFaultProxy } from './faults/campaign/proxy.ts';
import { get, post } from './http.ts';
import { type RemitChild, startRemit, waitFor } from './processes.ts';

const run = Date.now().toString(36);
let database: TestDatabase;
let db: pg.Pool;
let env: Record<string, string>;
let api: RemitChild;
let projector: RemitChild;

beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 4 });
  env = {
    ...inject('stack'),
    DATABASE_URL: database.url,
    TEMPORAL_TASK_QUEUE: `kill-${run}`,
    KAFKA_TOPIC: `kill.${run}`,
    KAFKA_DEAD_LETTER_TOPIC: `kill.${run}.dead`,
    KAFKA_GROUP: `kill-${run}`,
    SWEEP_AFTER_MS: '500',
    READ_WAIT_MS: '30000',
  };
  [api, projector] = await Promise.all([startRemit('api', env), startRemit('projector', env)]);
});
afterAll(async () => {
  await Promise.all([api?.stop(), projector?.stop()]);
  await db?.end();
  await database?.drop();
});

const children: RemitChild[] = [];
const worker = async (more: Record<string, string> = {}) => {
  const child = await startRemit('worker', { ...env, ...more });
  children.push(child);
  return child;
};
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
});

const outcome = async (transferId: string, leg: string) =>
  (await db.query('select result from outcomes where subject_id = $1 and leg = $2', [transferId, leg]))
    .rows[0]?.result;

/** Holds an account's head, so that whatever wants it next has to wait. */
async function hold(accountId: string) {
  const client = await db.connect();
  await client.query('begin');
  await client.query('select 1 from heads where stream_id = $1 for update', [`account-${accountId}`]);
  return {
    async release() {
      await client.query('rollback');
      client.release();
    },
  };
}

let accounts = 0;
let from = '';
let to = '';
let transferId = '';
beforeEach(async () => {
  accounts += 1;
  [from, to, transferId] = [`a${run}-${accounts}`, `b${run}-${accounts}`, `t${run}-${accounts}`];
});

async function open() {
  const answers = [
    await post(
      `${api.url}/api/accounts`,
      { id: from, currency: 'EUR', initialDeposit: '10.00' },
      { prefer: 'wait=30' },
    ),
    await post(`${api.url}/api/accounts`, { id: to, currency: 'EUR' }, { prefer: 'wait=30' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
}

const pay = () =>
  post(
    `${api.url}/api/transfers`,
    { id: transferId, from, to, amount: '4.00', currency: 'EUR' },
    { prefer: 'respond-async' },
  );

/** The transfer has ended once, with one debit and one credit, and the books balance. */
async function expectOneEnd() {
  const transfer = await waitFor('the transfer to complete', async () => {
    const { body } = await get(`${api.url}/api/transfers/${transferId}`);
    return body.status === 'completed' && body;
  });
  expect(transfer).toMatchObject({ legs: [{ leg: 'debit' }, { leg: 'credit' }] });
  const { rows } = await db.query("select type from events where data->>'transferId' = $1 order by type", [
    transferId,
  ]);
  expect(rows.map(({ type }) => type)).toEqual(['TransferCredited', 'TransferDebited']);
  const [source, destination] = await Promise.all(
    [
      [from, 2],
      [to, 2],
    ].map(([id, version]) => get(`${api.url}/api/accounts/${id}?minVersion=${version}`)),
  );
  expect([source?.body.balance, destination?.body.balance]).toEqual(['6.00', '4.00']);
  await expectBalancedBooks();
}

type TrialBalance = { currencies: { sum: string; accounts: { account: string; balance: string }[] }[] };

async function expectBalancedBooks() {
  const { body } = await get(`${api.url}/api/reports/trial-balance`);
  const { currencies } = body as unknown as TrialBalance;
  expect(currencies.map(({ sum }) => sum)).toEqual(['0.00']);
  const transit = await waitFor('transit to be empty', async () => {
    const now = (await get(`${api.url}/api/reports/trial-balance`)).body as unknown as TrialBalance;
    return now.currencies[0]?.accounts.find(
      ({ account, balance }) => account === 'transit' && balance === '0.00',
    );
  });
  expect(transit.balance).toBe('0.00');
}

describe('a worker that is killed', { timeout: 150_000 }, () => {
  test('after the debit: another one goes on with the credit', async () => {
    const first = await worker();
    await open();
    const held = await hold(to);
    await pay();
    await waitFor('the debit', async () => (await outcome(transferId, 'debit')) === 'done');
    await first.kill();
    await held.release();
    expect(await outcome(transferId, 'credit')).toBeUndefined();
    await worker();
    await expectOneEnd();
  });

  test('after the credit, before Temporal knows: another one finds it done', async () => {
    const proxy = await createFaultProxy({ target: env.TEMPORAL_ADDRESS! });
    const first = await worker({ TEMPORAL_ADDRESS: proxy.address });
    await open();
    const held = await hold(to);
    await pay();
    await waitFor('the debit', async () => (await outcome(transferId, 'debit')) === 'done');
    proxy.pause();
    await held.release();
    await waitFor('the credit', async () => (await outcome(transferId, 'credit')) === 'done');
    await sleep(100);
    await first.kill();
    await proxy.close();
    await worker();
    await expectOneEnd();
  });
});
