import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { get, post } from './http.ts';
import { type OwnTemporal, startOwnTemporal } from './own-temporal.ts';
import { type RemitChild, startRemit } from './processes.ts';

let database: TestDatabase;
let db: pg.Pool;
let temporal: OwnTemporal;
let env: Record<string, string>;
let apis: RemitChild[] = [];

/** A Temporal of its own, because the test wipes it. */
beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 2 });
  temporal = await startOwnTemporal();
  env = { ...inject('stack'), ...temporal.env, DATABASE_URL: database.url };
  await startApis();
});
afterAll(async () => {
  await Promise.all(apis.map((api) => api.stop()));
  await temporal?.remove();
  await db?.end();
  await database?.drop();
});

async function startApis() {
  apis = await Promise.all([startRemit('api,worker', env), startRemit('api,worker', env)]);
}

const body = { from: 'alice', to: 'bob', amount: '4.00', currency: 'EUR' };
const headers = { 'idempotency-key': 'pay-once', prefer: 'wait=30' };
const fiftyPosts = () =>
  Promise.all(
    Array.from({ length: 50 }, (_, at) => post(`${apis[at % 2]!.url}/api/transfers`, body, headers)),
  );
const debits = async () =>
  (await db.query("select count(*) from events where type = 'TransferDebited'")).rows[0].count;

describe('fifty POSTs of one transfer under one Idempotency-Key, over two API processes', {
  timeout: 150_000,
}, () => {
  let first = '';

  test('move the money once and give fifty equal answers', async () => {
    await post(
      `${apis[0]!.url}/api/accounts`,
      { id: 'alice', currency: 'EUR', initialDeposit: '10.00' },
      { prefer: 'wait=30' },
    );
    await post(`${apis[0]!.url}/api/accounts`, { id: 'bob', currency: 'EUR' }, { prefer: 'wait=30' });
    const answers = await fiftyPosts();
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    first = answers[0]!.text;
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([first]));
    const replayed = answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(49);
    expect(await debits()).toBe('1');
  });

  test('and again the same after both were killed and Temporal lost its state', async () => {
    await Promise.all(apis.map((api) => api.kill()));
    await temporal.down();
    await temporal.wipe();
    await temporal.up();
    await startApis();
    const answers = await fiftyPosts();
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([first]));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await debits()).toBe('1');
  });

  test('another body under the key is refused, and nothing moves', async () => {
    const answer = await post(`${apis[0]!.url}/api/transfers`, { ...body, amount: '5.00' }, headers);
    expect([answer.status, answer.body.code]).toEqual([422, 'idempotency-key-reused']);
    expect(await debits()).toBe('1');
  });

  test('a command that was accepted while Temporal was away is done when it is back', async () => {
    await temporal.down();
    const answer = await post(
      `${apis[0]!.url}/api/transfers`,
      { ...body, id: 'later' },
      { prefer: 'respond-async' },
    );
    expect([answer.status, answer.headers.get('location')]).toEqual([202, '/api/transfers/later']);
    expect((await get(`${apis[1]!.url}/api/transfers/later`)).body).toMatchObject({
      status: 'requested',
      legs: [],
    });
    await temporal.up();
    await expect
      .poll(async () => (await get(`${apis[1]!.url}/api/transfers/later`)).body.status, {
        timeout: 45_000,
        interval: 200,
      })
      .toBe('completed');
  });
});
