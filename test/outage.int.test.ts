import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import getPort from 'get-port';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createKafka } from '../stack/kafka.ts';
import type { Part } from '../stack/part.ts';
import type { Progress } from '../stack/progress.ts';
import { createTemporal } from '../stack/temporal.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createFaultProxy } from './faults/campaign/proxy.ts';
import { get, post } from './http.ts';
import { answers, type RemitChild, spawnRemit, waitFor } from './processes.ts';

/** Transfers that finish while Kafka is away (two events each), and commands accepted while Temporal is away as well. */
const PILED_TRANSFERS = 1_000;
const STRANDED_COMMANDS = 1_000;
const CLIENTS = 50;
/** More than what either backlog takes as objects in memory at once would stay below. */
const GROWTH_LIMIT_MB = 150;
const PATIENCE_MS = 480_000;

const run = Date.now().toString(36);
const silently: Progress = (_doing, _done, work) => work();
const { signal } = new AbortController();
const children: RemitChild[] = [];
let folder: string;
let kafka: Part;
let temporal: Part;
let database: TestDatabase;
let db: pg.Pool;
let env: Record<string, string>;
let memory: ReturnType<typeof watchMemory> | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remit-outage-'));
  kafka = createKafka({ dir: folder, port: await getPort() });
  temporal = createTemporal({ dir: folder, port: await getPort(), uiPort: await getPort() });
  for (const part of [kafka, temporal]) await part.prepare(silently, signal);
  await Promise.all([kafka.up(silently, signal), temporal.up(silently, signal)]);
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 2 });
  env = {
    ...{ ...inject('stack'), ...kafka.env, ...temporal.env },
    DATABASE_URL: database.url,
    SWEEP_AFTER_MS: '500',
  };
}, PATIENCE_MS);
afterAll(async () => {
  await memory?.stop();
  await Promise.all(children.map((child) => child.kill()));
  await db?.end();
  await database?.drop();
  await Promise.all([kafka?.down(), temporal?.down()]);
  await rm(folder, { recursive: true, force: true });
});

async function start(roles: string, more: Record<string, string> = {}): Promise<RemitChild> {
  const child = await spawnRemit(roles, { ...env, ...more }, {});
  children.push(child);
  return child;
}

const isUp = (child: RemitChild) => waitFor('the API', () => answers(`${child.url}/healthz`), PATIENCE_MS);
const count = async (sql: string) => Number((await db.query(sql)).rows[0]?.count);
const unfinished = () => count(`select count(*) from commands where status = 'accepted'`);
const unsent = () =>
  count(`select (select position from log_head) -
           coalesce((select position from relay_cursors where name = 'kafka'), 0) as count`);

/** Memory that a process really has, in MB; 0 where it has ended, which `ps` tells by its code. */
async function residentMb({ child }: RemitChild): Promise<number> {
  const ask = promisify(execFile)('ps', ['-o', 'rss=', '-p', String(child.pid)]);
  const { stdout } = await ask.catch((error: { code?: number }) => {
    if (error.code === 1) return { stdout: '0' };
    throw error;
  });
  return Number(stdout) / 1024;
}

/** Keeps the most that each process had, until it is stopped. */
function watchMemory(processes: readonly RemitChild[]) {
  const most = processes.map(() => 0);
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      for (const [at, one] of processes.entries()) most[at] = Math.max(most[at] ?? 0, await residentMb(one));
      await sleep(250);
    }
  })();
  const stop = async () => {
    over.abort();
    await watching;
    return most;
  };
  return { stop };
}

async function batch(api: string, id: string, size: number): Promise<void> {
  const transfers = Array.from({ length: size }, () => ({
    ...{ from: 'payer', to: 'payee', amount: '0.01', currency: 'EUR' },
  }));
  const answer = await post(`${api}/api/transfer-batches`, { id, transfers }, { prefer: 'respond-async' });
  expect(answer.status, answer.text).toBe(202);
  await waitFor(
    `the batch ${id}`,
    async () => (await get(`${api}/api/transfer-batches/${id}`)).body.status === 'completed',
    PATIENCE_MS,
  );
}

/** On a slow machine fifty at once may wait too long for a connection to Postgres: 503, and the client comes again. */
async function postUntilTaken(url: string, body: { id: string }): Promise<number> {
  const headers = { prefer: 'respond-async', 'idempotency-key': body.id };
  for (let tries = 1; ; tries += 1) {
    const { status } = await post(url, body, headers);
    if (status !== 503 || tries === 20) return status;
    await sleep(250);
  }
}

/** Returns how many of each status came. */
async function strand(api: string): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  let next = 0;
  const client = async () => {
    for (let at = next++; at < STRANDED_COMMANDS; at = next++) {
      const body = { id: `s-${at}-${run}`, from: 'payer', to: 'payee', amount: '0.01', currency: 'EUR' };
      const status = await postUntilTaken(`${api}/api/transfers`, body);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return statuses;
}

type Lag = { items: { lag: { events: number } }[] };
const caughtUp = (api: string) =>
  waitFor(
    'the projections',
    async () =>
      ((await get(`${api}/api/projections`)).body as unknown as Lag).items.every(
        ({ lag }) => lag.events === 0,
      ),
    PATIENCE_MS,
  );

test('Kafka and Temporal away: thousands of commands wait in Postgres, not in memory, and all of them end', {
  timeout: 1_500_000,
}, async () => {
  const processes = [await start('api'), await start('worker'), await start('projector')];
  const api = processes[0]!.url;
  await isUp(processes[0]!);
  for (const [id, initialDeposit] of [
    ['payer', '1000.00'],
    ['payee', '0.00'],
  ]) {
    const body = { id, currency: 'EUR', ...(initialDeposit === '0.00' ? {} : { initialDeposit }) };
    await post(`${api}/api/accounts`, body, { prefer: 'respond-async' });
  }
  await waitFor('the accounts', async () => (await unfinished()) === 0, PATIENCE_MS);
  await batch(api, `warm-${run}`, 300);
  await caughtUp(api);
  const before = await Promise.all(processes.map(residentMb));
  memory = watchMemory(processes);

  await kafka.down();
  await batch(api, `piled-${run}`, PILED_TRANSFERS);
  await waitFor('the log', async () => (await unsent()) >= 2 * PILED_TRANSFERS, PATIENCE_MS);
  await temporal.down();
  expect(await strand(api)).toEqual({ 202: STRANDED_COMMANDS });
  expect(await unfinished()).toBe(STRANDED_COMMANDS);

  await temporal.up(silently, signal);
  await waitFor('every command', async () => (await unfinished()) === 0, PATIENCE_MS);
  // On a machine so slow that all this took five minutes the projector ended, and its supervisor starts it again.
  if (processes[2]!.child.exitCode !== null) await start('projector');
  await kafka.up(silently, signal);
  await caughtUp(api);
  const grown = (await memory.stop()).map((most, at) => Math.round(most - before[at]!));
  expect(Math.max(...grown), `api, worker and projector grew by ${grown} MB`).toBeLessThan(GROWTH_LIMIT_MB);
  const { checks } = (await get(`${api}/api/integrity`)).body as { checks: { ok: boolean }[] };
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  // An outage of Temporal ends neither the API nor the worker.
  expect(processes.slice(0, 2).map(({ child }) => [child.exitCode, child.signalCode])).toEqual([
    [null, null],
    [null, null],
  ]);
});

test('a process that starts while Postgres is away waits for it', { timeout: 240_000 }, async () => {
  const port = await getPort();
  const url = new URL(database.url);
  const target = url.host;
  url.host = `127.0.0.1:${port}`;
  const child = await start('api', { DATABASE_URL: url.href });
  // Longer than it takes to start: a process that gave up would be gone by then.
  await sleep(8_000);
  expect([child.child.exitCode, child.child.signalCode]).toEqual([null, null]);
  const proxy = await createFaultProxy({ target, port });
  try {
    await isUp(child);
  } finally {
    await child.kill();
    await proxy.close();
  }
});
