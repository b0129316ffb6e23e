import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createFaultProxy, type OwnedProxy } from './proxy.ts';
import type { Statement } from './scenario.ts';

let database: TestDatabase;
let url: URL;
let proxy: OwnedProxy;
let direct: pg.Client;
const clients: pg.Client[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  url = new URL(database.url);
});
afterAll(() => database.drop());
beforeEach(async () => {
  proxy = await createFaultProxy({ target: url.host, speaks: 'postgres' });
  direct = await connect(url.host);
  await direct.query('create table if not exists seen (name text primary key)');
  await direct.query('truncate seen');
  await direct.query('drop function if exists take_time cascade');
});
afterEach(async () => {
  proxy.resume();
  for (const client of clients.splice(0)) await client.end().catch(() => undefined);
  await proxy.close();
});

async function connect(host: string, queryTimeoutMs = 5_000, pipeline = false): Promise<pg.Client> {
  const client = new pg.Client({
    pipeline,
    connectionString: Object.assign(new URL(url), { host }).href,
    application_name: 'tester',
    query_timeout: queryTimeoutMs,
    connectionTimeoutMillis: 2_000,
  });
  // A broken connection is what these tests are about: the query tells it too.
  client.on('error', () => undefined);
  clients.push(client);
  await client.connect();
  return client;
}

const insert = (client: pg.Client, name: string) =>
  client.query({ name: 'insert', text: 'insert into seen values ($1)', values: [name] });
const names = async () =>
  (await direct.query('select name from seen order by name')).rows.map((row) => row.name);

test('an interception sees each statement with its values, its process and its connection', async () => {
  const seen: Statement[] = [];
  proxy.intercept((statement) => {
    seen.push(statement);
    return 'pass';
  });
  const client = await connect(proxy.address);
  await client.query('begin');
  await insert(client, 'a');
  await insert(client, 'b');
  await client.query('insert into seen values ($1), ($2)', ['c', '{"d",null}']);
  await client.query('commit');
  expect(seen.map(({ text, values }) => [text, ...values])).toEqual([
    ['begin'],
    ['insert into seen values ($1)', 'a'],
    ['insert into seen values ($1)', 'b'],
    ['insert into seen values ($1), ($2)', 'c', '{"d",null}'],
    ['commit'],
  ]);
  expect(new Set(seen.map(({ application, connection }) => `${application} ${connection}`))).toEqual(
    new Set(['tester 1']),
  );
});

test('a lost reply: the row is in Postgres, and the client got a connection error', async () => {
  const client = await connect(proxy.address);
  await client.query('begin');
  await insert(client, 'a');
  proxy.intercept(({ text }) => (text === 'commit' ? 'lose-reply' : 'pass'));
  await expect(client.query('commit')).rejects.toThrow('Connection terminated');
  expect(await names()).toEqual(['a']);
});

test('what a reply is asked for happens after Postgres did it and before the client knows', async () => {
  const client = await connect(proxy.address);
  const order: unknown[] = [];
  proxy.intercept(({ text }) => {
    if (!text.startsWith('insert')) return 'pass';
    return {
      withReply: async () => {
        order.push(await names());
        return 'pass' as const;
      },
    };
  });
  await insert(client, 'a');
  order.push('answered');
  expect(order).toEqual([['a'], 'answered']);
  // The connection goes on as before.
  proxy.intercept(null);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('of statements that are sent together each reply is its own statement’s', async () => {
  // The commit takes its time, so that what is looked at before it is done is not there yet.
  await direct.query(`create function take_time() returns trigger language plpgsql as
    $$ begin perform pg_sleep(2); return null; end $$`);
  await direct.query(`create constraint trigger take_time after insert on seen deferrable initially deferred
    for each row execute function take_time()`);
  const client = await connect(proxy.address, 20_000, true);
  const asked: string[] = [];
  proxy.intercept(({ text }) => {
    if (text === 'begin') return 'pass';
    return {
      withReply: async () => {
        asked.push(`${text}: ${(await names()).join()}`);
        return text === 'commit' ? ('lose-reply' as const) : ('pass' as const);
      },
    };
  });
  const sent = [client.query('begin'), insert(client, 'a'), client.query('commit'), client.query('select 1')];
  const settled = await Promise.allSettled(sent);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  // Only with the commit's own reply is the row there; of what was sent behind it nobody is told.
  expect(asked).toEqual(['insert into seen values ($1): ', 'commit: a']);
});

test('a held statement reaches Postgres when it is let go, and holds up its own connection only', async () => {
  const [held, other] = [await connect(proxy.address), await connect(proxy.address)];
  let release: (() => void) | undefined;
  proxy.intercept(({ values }) => {
    if (values[0] !== 'held') return 'pass';
    return new Promise((resolve) => {
      release = () => resolve('pass');
    });
  });
  const pending = insert(held, 'held');
  await insert(other, 'other');
  expect(await names()).toEqual(['other']);
  release?.();
  await pending;
  expect(await names()).toEqual(['held', 'other']);
});

test('a pause is silence, and what was sent arrives after it', async () => {
  const client = await connect(proxy.address);
  proxy.pause();
  let isAnswered = false;
  const pending = insert(client, 'a').then(() => {
    isAnswered = true;
  });
  await expect(connect(proxy.address)).rejects.toThrow('timeout');
  expect([isAnswered, await names()]).toEqual([false, []]);
  proxy.resume();
  await pending;
  expect(await names()).toEqual(['a']);
});

test('what was sent into a pause is gone once the connection is cut', async () => {
  const client = await connect(proxy.address);
  proxy.pause();
  const pending = insert(client, 'a').catch((error: Error) => error.message);
  await sleep(100);
  proxy.cut();
  proxy.resume();
  expect(await pending).toContain('Connection terminated');
  await sleep(100);
  expect(await names()).toEqual([]);
});

test('refused connections are refused until it resumes', async () => {
  const client = await connect(proxy.address);
  proxy.refuse();
  await expect(client.query('select 1')).rejects.toThrow();
  await expect(connect(proxy.address)).rejects.toThrow();
  proxy.resume();
  await insert(await connect(proxy.address), 'a');
  expect(await names()).toEqual(['a']);
});

test('a delay is drawn for each direction and keeps the order', async () => {
  const client = await connect(proxy.address);
  proxy.delay({ fromMs: 50, toMs: 150 });
  const begun = Date.now();
  for (const name of ['a', 'b', 'c']) await insert(client, name);
  const tookMs = Date.now() - begun;
  expect(tookMs).toBeGreaterThanOrEqual(300);
  proxy.delay(null);
  const { rows } = await client.query(`select repeat('x', 3000000) as long`);
  expect(rows[0].long).toHaveLength(3_000_000);
});
