import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { BatchView } from '../api/views/batch.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { get, post } from './http.ts';
import { type RemitChild, startRemit, waitFor } from './processes.ts';

const run = Date.now().toString(36);
const TOTAL = 10_000;
const ACCOUNTS = 200;
/** Of 200 transfers in a row ten are refused: 5 %. */
const REJECTED = (4 * TOTAL) / ACCOUNTS;
const REFUNDED = (6 * TOTAL) / ACCOUNTS;
const COMPLETED = TOTAL - REJECTED - REFUNDED;
const LONG_MS = 300_000;

let database: TestDatabase;
let db: pg.Pool;
let env: Record<string, string>;
let api: RemitChild;
let projector: RemitChild;
let worker: RemitChild;

beforeAll(async () => {
  database = await createTestDatabase();
  db = new pg.Pool({ connectionString: database.url, max: 4 });
  env = {
    ...inject('stack'),
    DATABASE_URL: database.url,
    TEMPORAL_TASK_QUEUE: `batch-${run}`,
    KAFKA_TOPIC: `batch.${run}`,
    KAFKA_DEAD_LETTER_TOPIC: `batch.${run}.dead`,
    KAFKA_GROUP: `batch-${run}`,
  };
  [api, projector, worker] = await Promise.all([
    startRemit('api', env),
    startRemit('projector', env),
    startRemit('worker', env),
  ]);
});
afterAll(async () => {
  await worker?.kill();
  await Promise.all([api?.stop(), projector?.stop()]);
  await db?.end();
  await database?.drop();
});

async function open(id: string, initialDeposit: string) {
  const body = { id, currency: 'EUR', initialDeposit };
  const answer = await post(`${api.url}/api/accounts`, body, { prefer: 'wait=30' });
  expect(answer.status, answer.text).toBe(201);
}

async function openAccounts() {
  for (let at = 0; at < ACCOUNTS; at += 20) {
    const ids = Array.from({ length: 20 }, (_, next) => `acc${run}-${at + next}`);
    await Promise.all(ids.map((id) => open(id, '1000.00')));
  }
  await open(`closed${run}`, '0');
  const closing = { reason: 'moved' };
  const closed = await post(`${api.url}/api/accounts/closed${run}/close`, closing, { prefer: 'wait=30' });
  expect(closed.status, closed.text).toBe(200);
}

/** Every account pays the next one, but for the refused ones. */
function item(at: number) {
  const place = at % ACCOUNTS;
  const [from, next] = [`acc${run}-${place}`, `acc${run}-${(place + 1) % ACCOUNTS}`];
  const move = { id: `item${run}-${at}`, from, to: next, amount: '0.10', currency: 'EUR' };
  if (place % 50 === 1) return { ...move, amount: '900000.00' };
  if (place % 70 === 2) return { ...move, to: `closed${run}` };
  if (place % 70 === 3) return { ...move, to: `nobody${run}` };
  return move;
}

const batchUrl = () => `${api.url}/api/transfer-batches/batch${run}`;
const read = async (): Promise<BatchView> => JSON.parse((await get(batchUrl())).text);
const ended = async () => TOTAL - (await read()).counts.pending;

/** Kills the worker as soon as more than `least` items have ended; returns how many had when it was dead. */
async function killBeyond(least: number): Promise<number> {
  await waitFor(`more than ${least} items to end`, async () => (await ended()) > least, LONG_MS);
  await worker.kill();
  const atKill = await ended();
  console.log(`worker killed: ${atKill} of ${TOTAL} had ended, ${JSON.stringify((await read()).counts)}`);
  expect(atKill).toBeGreaterThan(0);
  expect(atKill).toBeLessThan(TOTAL);
  worker = await startRemit('worker', env);
  return atKill;
}

/** Asked rarely: the projector needs the cores. */
async function caughtUp(): Promise<boolean> {
  await sleep(1_000);
  const { items } = JSON.parse((await get(`${api.url}/api/projections`)).text) as {
    items: { lag: { events: number } }[];
  };
  return items.every(({ lag }) => lag.events === 0);
}

/** How many events of each type there are of the batch's transfers, and whether any came twice. */
async function countEvents() {
  const { rows } = await db.query<{ type: string; events: number; transfers: number }>(
    `select type, count(*)::int as events, count(distinct data ->> 'transferId')::int as transfers
     from events where data ->> 'transferId' like $1 group by type`,
    [`item${run}-%`],
  );
  for (const { type, events, transfers } of rows) expect([type, events]).toEqual([type, transfers]);
  return Object.fromEntries(rows.map(({ type, events }) => [type, events]));
}

test('a batch of 10,000 whose worker is killed twice ends with each item final exactly once', {
  timeout: 3 * LONG_MS,
}, async () => {
  await openAccounts();
  const transfers = Array.from({ length: TOTAL }, (_, at) => item(at));
  const began = Date.now();
  const answer = await post(`${api.url}/api/transfer-batches`, { id: `batch${run}`, transfers });
  expect(answer.status, answer.text).toBe(202);
  console.log(`answered after ${Date.now() - began} ms`);

  const first = await killBeyond(1_000);
  const second = await killBeyond(first + 1_000);
  expect(second).toBeGreaterThan(first);

  const batch = await waitFor(
    'the batch to end',
    async () => {
      const now = await read();
      return now.status !== 'running' && now;
    },
    LONG_MS,
  );
  console.log(`all ended after ${Date.now() - began} ms, with two kills`);
  expect(batch).toMatchObject({
    status: 'completed',
    counts: {
      total: TOTAL,
      completed: COMPLETED,
      rejected: REJECTED,
      refunded: REFUNDED,
      cancelled: 0,
      needsAttention: 0,
      pending: 0,
    },
  });
  expect(await countEvents()).toEqual({
    TransferDebited: COMPLETED + REFUNDED,
    TransferCredited: COMPLETED,
    CreditRefused: REFUNDED,
    TransferRefunded: REFUNDED,
    TransferRejected: REJECTED,
  });
  await waitFor('the read side to catch up', caughtUp, LONG_MS);
  const { body } = await get(`${api.url}/api/integrity`);
  expect(body, JSON.stringify(body)).toMatchObject({ ok: true });
  console.log(`integrity at ${body.position}: ok, after ${Date.now() - began} ms`);
});
