import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, get as httpGet } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { get, post } from './http.ts';
import { answers, type RemitChild, spawnRemit, waitFor } from './processes.ts';

const run = Date.now().toString(36);
const IDS = ['anna', 'ben', 'cleo', 'dan', 'slow'].map((name) => `${name}-${run}`);
const ALL = 'api,worker,projector';
const DRAIN_MS = 5_000;
const children: RemitChild[] = [];
/** Ends what a test that failed still holds. */
const releases: (() => Promise<void>)[] = [];
let folder: string;
let database: TestDatabase;
let db: pg.Pool;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remit-shutdown-'));
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 3 });
  env = {
    ...inject('stack'),
    DATABASE_URL: database.url,
    TEMPORAL_TASK_QUEUE: `shutdown-${run}`,
    KAFKA_TOPIC: `shutdown.${run}`,
    KAFKA_DEAD_LETTER_TOPIC: `shutdown.${run}.dead`,
    KAFKA_GROUP: `shutdown-${run}`,
    LOG_LEVEL: 'info',
    SWEEP_AFTER_MS: '500',
  };
});
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  await Promise.all(releases.map((release) => release()));
  await db?.end();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function start(more: Record<string, string>, logFile = join(folder, 'other.log')) {
  const remit = await spawnRemit(ALL, { ...env, ...more }, { logFile });
  children.push(remit);
  await waitFor('the API', () => answers(`${remit.url}/healthz`), 120_000);
  await waitFor(
    'everything',
    async () => (await get(`${remit.url}/readyz`)).body.status === 'ready',
    120_000,
  );
  return remit;
}

type Line = { msg: string; part?: string; err?: { message: string } };
async function logLines(logFile: string): Promise<Line[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

/** What a load balancer asks: each time over a connection of its own. Rejects where nobody accepts it. */
function readiness(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpGet(`${url}/readyz`, { agent: new Agent() }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', reject);
  });
}

/** Runs a statement and keeps its locks, until what this returns is called. */
async function hold(sql: string, values: string[] = []): Promise<() => Promise<void>> {
  const client = await db.connect();
  await client.query('begin');
  await client.query(sql, values);
  let held = true;
  const release = async () => {
    if (held) await client.query('rollback');
    if (held) client.release();
    held = false;
  };
  releases.push(release);
  return release;
}

type Seen = { statuses: Map<number, number>; errors: string[] };

/** Sends transfers over kept connections for as long as the process says that it is ready, as a balancer does. */
async function load(url: string, isReady: () => boolean, seen: Seen, name: string): Promise<void> {
  for (let at = 0; isReady(); at += 1) {
    const [from, to] = [IDS[at % 4], IDS[(at + 1 + (at % 3)) % 4]];
    const body = { id: `${name}-${at}-${run}`, from, to, amount: '0.01', currency: 'EUR' };
    await post(`${url}/api/transfers`, body).then(
      ({ status }) => seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1),
      (error: Error) => seen.errors.push(`${body.id}: ${error.message} ${String(error.cause)}`),
    );
  }
}

test('SIGTERM under load: not ready first, every request answered, parts ended in order, nothing half-done', {
  timeout: 400_000,
}, async () => {
  const logFile = join(folder, 'first.log');
  const remit = await start({ SHUTDOWN_DRAIN_MS: String(DRAIN_MS) }, logFile);
  for (const id of IDS) {
    const body = { id, currency: 'EUR', initialDeposit: '100.00' };
    const answer = await post(`${remit.url}/api/accounts`, body, { prefer: 'wait=30' });
    expect(answer.status, answer.text).toBe(201);
  }
  const seen: Seen = { statuses: new Map(), errors: [] };
  let ready = true;
  const loads = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => load(remit.url, () => ready, seen, name));
  const release = await hold('select 1 from heads where stream_id = $1 for update', [`account-${IDS[4]}`]);
  const slow = { id: `slow-${run}`, from: IDS[4], to: IDS[0], amount: '1.00', currency: 'EUR' };
  // It would wait for longer than the process may take to end.
  const waiting = post(`${remit.url}/api/transfers`, slow, { prefer: 'wait=30' });
  await sleep(1_500);

  remit.child.kill('SIGTERM');
  const toldAt = Date.now();
  await waitFor('readiness to be off', async () => (await readiness(remit.url)) === 503, DRAIN_MS);
  ready = false;
  // It still takes what comes over a new connection until the balancer has noticed.
  const late = { id: `late-${run}`, from: IDS[0], to: IDS[1], amount: '0.01', currency: 'EUR' };
  const lateAnswer = await post(`${remit.url}/api/transfers`, late);
  expect([201, 202]).toContain(lateAnswer.status);
  await Promise.all(loads);
  expect(seen.errors).toEqual([]);
  expect(seen.statuses.get(201)).toBeGreaterThan(0);
  // A second signal cuts nothing short.
  remit.child.kill('SIGTERM');
  expect((await waiting).status).toBe(202);
  await release();
  if (remit.child.exitCode === null) await once(remit.child, 'exit');
  expect([remit.child.exitCode, remit.child.signalCode]).toEqual([0, null]);
  expect(Date.now() - toldAt).toBeLessThan(DRAIN_MS + 4 * 10_000);
  await expect(readiness(remit.url)).rejects.toThrow('ECONNREFUSED');

  const ends = (await logLines(logFile))
    .filter(({ msg }) => msg === 'stopped in order')
    .map(({ part }) => part);
  const inOrder = ['api', 'worker', 'relay', 'consumer', 'sequencer', 'projector', 'pools'];
  expect(ends.filter((part) => inOrder.includes(part ?? ''))).toEqual(inOrder);

  const second = await start({});
  await waitFor('every accepted command', async () => {
    const { rows } = await db.query(`select 1 from commands where status = 'accepted'`);
    return rows.length === 0;
  });
  expect((await get(`${second.url}/api/transfers/slow-${run}`)).body.status).toBe('completed');
  type Lag = { items: { lag: { events: number } }[] };
  await waitFor('the projections', async () =>
    ((await get(`${second.url}/api/projections`)).body as unknown as Lag).items.every(
      ({ lag }) => lag.events === 0,
    ),
  );
  const { checks } = (await get(`${second.url}/api/integrity`)).body as { checks: { ok: boolean }[] };
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);

  // A part that hangs: what the consumer must write to is locked for longer than the process may take.
  const unlock = await hold('lock table applied_versions in access exclusive mode');
  const graceMs = 300;
  const third = join(folder, 'third.log');
  const hung = await start({ SHUTDOWN_GRACE_MS: String(graceMs), SHUTDOWN_DRAIN_MS: '0' }, third);
  await second.kill();
  await post(`${hung.url}/api/transfers`, { ...late, id: `stuck-${run}` }, { prefer: 'wait=30' });
  await waitFor('the consumer to hang', async () => {
    const { rows } = await db.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
         and query like '%applied_versions%'`,
    );
    return rows.length > 0;
  });
  const askedAt = Date.now();
  expect(await hung.stop()).toBe(1);
  // Four times the grace, and what a busy machine adds; the statement alone would wait for 8 s.
  expect(Date.now() - askedAt).toBeLessThan(6_000);
  expect((await logLines(third)).at(-1)?.msg).toBe('a part hangs: ending without it');
  await unlock();
});
