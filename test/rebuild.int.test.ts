import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { get, post } from './http.ts';
import { type RemitChild, startRemit, waitFor } from './processes.ts';

const run = Date.now().toString(36);
// Tests share one Temporal and the tenant: the ids, and with them the workflow ids, are this run's own.
const IDS = ['anna', 'ben', 'cleo', 'dan'].map((name) => `${name}-${run}`);
let database: TestDatabase;
let db: pg.Pool;
let api: RemitChild;
let projector: RemitChild;

beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 2 });
  const env = {
    ...inject('stack'),
    DATABASE_URL: database.url,
    TEMPORAL_TASK_QUEUE: `rebuild-${run}`,
    KAFKA_TOPIC: `rebuild.${run}`,
    KAFKA_DEAD_LETTER_TOPIC: `rebuild.${run}.dead`,
    KAFKA_GROUP: `rebuild-${run}`,
  };
  [api, projector] = await Promise.all([startRemit('api,worker', env), startRemit('projector', env)]);
});
afterAll(async () => {
  await Promise.all([api?.stop(), projector?.stop()]);
  await db?.end();
  await database?.drop();
});

/** The version that a reader sees now. Any answer but 200 fails the test: a read that failed proves nothing. */
async function readVersion(id: string): Promise<number> {
  const { status, text, body } = await get(`${api.url}/api/accounts/${id}`);
  if (status !== 200) throw new Error(`GET ${id} answered ${status}: ${text}`);
  return Number(body.version);
}

type Seen = { completed: number; reads: number; backwards: string[] };

/** Moves cents around until told to stop. */
async function transfers(stop: AbortSignal, seen: Seen): Promise<void> {
  for (let at = 0; !stop.aborted; at += 1) {
    const [from, to] = [IDS[at % 4], IDS[(at + 1 + (at % 3)) % 4]];
    const answer = await post(`${api.url}/api/transfers`, { from, to, amount: '0.01', currency: 'EUR' });
    if (answer.status === 201) seen.completed += 1;
  }
}

/** Polls every account, and keeps each read that was older than the one before it. */
async function poll(stop: AbortSignal, seen: Seen): Promise<void> {
  const versions = new Map<string, number>();
  while (!stop.aborted) {
    for (const id of IDS) {
      const version = await readVersion(id);
      seen.reads += 1;
      const before = versions.get(id) ?? 0;
      if (version < before) seen.backwards.push(`${id}: ${before}, then ${version}`);
      versions.set(id, version);
    }
    await sleep(5);
  }
}

type Projections = { items: { name: string; lag: { events: number }; rebuild: { status: string } | null }[] };
const balances = async () =>
  ((await get(`${api.url}/api/projections`)).body as unknown as Projections).items.find(
    ({ name }) => name === 'balances',
  )!;

test('a rebuild under running transfers mends a deleted and a falsified row, and no read goes backwards', async () => {
  for (const id of IDS) {
    const body = { id, currency: 'EUR', initialDeposit: '100.00' };
    expect((await post(`${api.url}/api/accounts`, body, { prefer: 'wait=30' })).status).toBe(201);
  }
  await waitFor('the first projection', async () => (await balances()).lag.events === 0);
  const stopTransfers = new AbortController();
  const stopPolls = new AbortController();
  const seen: Seen = { completed: 0, reads: 0, backwards: [] };
  const running = [transfers(stopTransfers.signal, seen), transfers(stopTransfers.signal, seen)];
  const polling = poll(stopPolls.signal, seen);
  await sleep(1_000);
  await db.query('delete from balances where account_id = $1', [IDS[0]]);
  await db.query('update balances set balance_minor = 999999 where account_id = $1', [IDS[1]]);
  const asked = await post(`${api.url}/api/projections/balances/rebuild`, {});
  expect(asked.status).toBe(202);
  await waitFor('the rebuild', async () => (await balances()).rebuild?.status === 'completed');
  // Enough must have been looked at on either side of the swap, however slow the machine is.
  const enough = { completed: seen.completed + 20, reads: seen.reads + 100 };
  await waitFor('more reads', async () => seen.completed > enough.completed && seen.reads > enough.reads);
  stopTransfers.abort();
  await Promise.all(running);
  await waitFor('the projection of all', async () => (await balances()).lag.events === 0);
  stopPolls.abort();
  await polling;
  expect(seen.backwards).toEqual([]);
  const integrity = (await get(`${api.url}/api/integrity`)).body;
  expect(integrity).toMatchObject({ ok: true });
  const { rows } = await db.query(
    `select h.stream_id from heads h
     left join projections p on p.name = 'balances'
     left join balances b on b.generation = p.live_generation and h.stream_id = 'account-' || b.account_id
     where h.stream_id like 'account-%' and
       (b.balance_minor is distinct from (h.state->>'balanceMinor')::bigint or b.version is distinct from h.version)`,
  );
  expect(rows).toEqual([]);
}, 120_000);
