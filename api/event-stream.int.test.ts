import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../platform/config.ts';
import { createLog } from '../platform/log.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createSequencer } from '../projector/sequencer.ts';
import { supervise } from '../projector/supervise.ts';
import { readLogHead } from '../sql/read-log.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { noDispatcher } from '../test/no-dispatcher.ts';
import { recorded } from '../test/proofs/record.ts';
import { writeMany, writeRaw, writeSlowly } from '../test/raw-events.ts';
import { readSse, type SseClient } from '../test/sse.ts';
import { type App, createApp } from './app.ts';
import { serveApp } from './server.ts';

const TENANT = 'main';
const PATH = '/api/events/stream';
const log = createLog({ level: process.env.TEST_LOG_LEVEL ?? 'silent', role: 'test' });

let database: TestDatabase;
let pool: Pool;
let draining = false;
const stop = new AbortController();
let sequencing: Promise<void>;
const clients: SseClient[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 20, name: 'test', log });
  const loop = createSequencer({ pool, partitions: 3 });
  sequencing = supervise({ name: 'sequencer', loop, log, signal: stop.signal, beat: () => undefined });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
  stop.abort();
  await sequencing;
  await pool.end();
  await database.drop();
});

function appWith(env: Record<string, string> = {}): App {
  const config = loadConfig({
    DATABASE_URL: database.url,
    KAFKA_BROKERS: 'not-used:1',
    TEMPORAL_ADDRESS: 'not-used:1',
    ...env,
  });
  return recorded(
    createApp({
      pool,
      readPool: pool,
      dispatcher: noDispatcher,
      health: {},
      config,
      log,
      now: () => new Date(),
      newId: () => 'request-1',
      isDraining: () => draining,
    }),
  );
}

async function open(app: App, query = '', headers: Record<string, string> = {}): Promise<SseClient> {
  const response = await app.request(`${PATH}${query}`, { headers });
  expect(response.status).toBe(200);
  const client = readSse(response);
  clients.push(client);
  return client;
}

const freeze = (id: string, version: number) =>
  writeRaw(pool, { tenant: TENANT, streamId: `account-${id}`, version });
const head = () => readLogHead(pool);
const headIs = (position: bigint) => vi.waitFor(async () => expect(await head()).toBe(position), 20_000);
const places = async (client: SseClient, count: number) => {
  const found: number[] = [];
  while (found.length < count) found.push(JSON.parse((await client.nextEvent()).data!).position);
  return found;
};

test('a new stream begins with what comes now, and sends what GET /api/events shows', async () => {
  await freeze('old', 1);
  await headIs(1n);
  const app = appWith();
  const response = await app.request(PATH);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(response.headers.get('x-request-id')).toBe('request-1');
  const client = readSse(response);
  clients.push(client);
  // A client that is cut off before the first event still knows where to resume.
  expect(await client.next()).toEqual({ id: '1', event: undefined, data: undefined });
  await freeze('new', 1);
  const block = await client.nextEvent();
  expect(block).toMatchObject({ id: '2', event: 'AccountFrozen' });
  const page = (await (await app.request('/api/events?after=1')).json()) as { items: unknown[] };
  expect(JSON.parse(block.data!)).toEqual(page.items[0]);
  await client.close();
});

test('a client that is cut off again and again resumes without loss, repeat or disorder', async () => {
  const app = appWith();
  const start = await head();
  const writers = 4;
  const each = 100;
  const write = async (writer: number) => {
    for (let version = 1; version <= each; version += 1) await freeze(`busy-${writer}`, version);
  };
  const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  const seen: number[] = [];
  let lastId = start.toString();
  for (let cut = 0; seen.length < writers * each; cut += 1) {
    const client = await open(app, '?after=0', { 'Last-Event-ID': lastId });
    const want = Math.min(1 + ((cut * 37) % 61), writers * each - seen.length);
    seen.push(...(await places(client, want)));
    lastId = client.lastId()!;
    await client.close();
  }
  await writing;
  expect(seen).toEqual(Array.from({ length: writers * each }, (_, at) => Number(start) + 1 + at));
});

test('appends that commit in reverse order are streamed once each, in the order of the log', async () => {
  const client = await open(appWith());
  const first = await writeSlowly(pool, { tenant: TENANT, streamId: 'account-early', version: 1 });
  const second = await writeSlowly(pool, { tenant: TENANT, streamId: 'account-late', version: 1 });
  await second.commit();
  const start = await client.nextEvent();
  expect(JSON.parse(start.data!).streamId).toBe('account-late');
  await first.commit();
  const next = await client.nextEvent();
  expect(JSON.parse(next.data!).streamId).toBe('account-early');
  expect(BigInt(next.id!)).toBe(BigInt(start.id!) + 1n);
  await client.close();
});

describe('filters', () => {
  const terms = (from: string, to: string) => ({
    ...{ transferId: 't', from, to, amountMinor: '5', currency: 'EUR' },
    ...{ description: null, reference: null, metadata: {} },
    refusal: { code: 'insufficient-funds', detail: 'test' },
  });
  const reject = (id: string, from: string, to: string) =>
    writeRaw(pool, {
      ...{ tenant: TENANT, streamId: `transfer-${id}`, version: 1 },
      ...{ type: 'TransferRejected', data: terms(from, to) },
    });

  test("an account's stream, and the transfers from and to it", async () => {
    const app = appWith();
    const client = await open(app, '?accountId=mine');
    const typed = await open(app, '?accountId=mine&type=TransferRejected,AccountClosed');
    await freeze('other', 1);
    await freeze('mine', 1);
    await reject('a', 'mine', 'other');
    await reject('b', 'other', 'mine');
    await reject('c', 'other', 'another');
    await freeze('mine', 2);
    await writeRaw(pool, { tenant: 'stranger', streamId: 'account-mine', version: 1 });
    const seen = async (from: SseClient, count: number) => {
      const found: string[] = [];
      while (found.length < count) found.push(JSON.parse((await from.nextEvent()).data!).streamId);
      return found;
    };
    expect(await seen(client, 4)).toEqual(['account-mine', 'transfer-a', 'transfer-b', 'account-mine']);
    expect(await seen(typed, 2)).toEqual(['transfer-a', 'transfer-b']);
    await Promise.all([client.close(), typed.close()]);
  });

  test('a client learns of places that its filter skips, and resumes behind them', async () => {
    const start = await head();
    await writeMany(pool, TENANT, 'account-noise', 1_100);
    const client = await open(appWith(), `?accountId=quiet&after=${start}`);
    await client.next();
    const mark = await client.next();
    expect(mark).toMatchObject({ event: undefined, data: undefined });
    expect(BigInt(mark!.id!)).toBeGreaterThanOrEqual(start + 1_000n);
    await client.close();
    const again = await open(appWith(), '?accountId=quiet', { 'Last-Event-ID': mark!.id! });
    await freeze('quiet', 1);
    expect(JSON.parse((await again.nextEvent()).data!)).toMatchObject({ streamId: 'account-quiet' });
    await again.close();
  });
});

test.each([
  ['?after=x', {}, '/query/after'],
  ['?after=-1', {}, '/query/after'],
  ['?type=Nothing', {}, '/query/type'],
  ['?type=', {}, '/query/type'],
  ['?accountId=a%20b', {}, '/query/accountId'],
  ['?nope=1', {}, '/query/nope'],
  ['', { 'Last-Event-ID': '1e3' }, '/header/Last-Event-ID'],
  ['', { 'Last-Event-ID': '9'.repeat(16) }, '/header/Last-Event-ID'],
])('%s %j is malformed', async (query, headers, pointer) => {
  const response = await appWith().request(`${PATH}${query}`, { headers });
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { pointer: string }[] };
  expect(errors[0]?.pointer.toLowerCase()).toBe(pointer.toLowerCase());
});

test("a position beyond the log's end is refused: it is another store's", async () => {
  const response = await appWith().request(PATH, { headers: { 'Last-Event-ID': '999999999' } });
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ code: 'version-ahead' });
});

test('a process serves a bounded number of streams, and one that ends makes room', async () => {
  const app = appWith({ EVENT_STREAMS_MAX: '2' });
  const client = await open(app);
  await open(app);
  expect((await app.request(PATH, { method: 'HEAD' })).status).toBe(200);
  const refused = await app.request(PATH);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(await refused.json()).toMatchObject({ code: 'too-many-streams' });
  await client.close();
  await vi.waitFor(async () => {
    const response = await app.request(PATH);
    const admitted = response.status;
    if (admitted === 200) clients.push(readSse(response));
    expect(admitted).toBe(200);
  }, 20_000);
});

test('a stream ends after its time', async () => {
  const client = await open(appWith({ EVENT_STREAM_MAX_MS: '50' }));
  expect(await client.next()).not.toBeNull();
  expect(await client.next()).toBeNull();
});

test('a stream goes on after its connections to Postgres were cut', async () => {
  const client = await open(appWith());
  await freeze('cut', 1);
  await client.nextEvent();
  for (let version = 2; version <= 6; version += 1) {
    await pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await vi.waitFor(() => freeze('cut', version), 20_000);
    expect(JSON.parse((await client.nextEvent()).data!)).toMatchObject({ version });
  }
  await client.close();
});

test('over a port: a client that hangs up leaves its place, and a stop ends every stream', async () => {
  const server = await serveApp(appWith({ EVENT_STREAMS_MAX: '1' }), { host: '127.0.0.1', port: 0 });
  const hangUp = new AbortController();
  const first = await fetch(`${server.address}${PATH}`, { signal: hangUp.signal });
  expect(first.status).toBe(200);
  expect((await fetch(`${server.address}${PATH}`)).status).toBe(503);
  hangUp.abort();
  const second = await vi.waitFor(async () => {
    const response = await fetch(`${server.address}${PATH}`);
    expect(response.status).toBe(200);
    return response;
  }, 20_000);
  const client = readSse(second);
  await freeze('port', 1);
  expect(await client.nextEvent()).toMatchObject({ event: 'AccountFrozen' });
  draining = true;
  const closing = server.close(20_000);
  while ((await client.next()) !== null);
  await closing;
  draining = false;
});
