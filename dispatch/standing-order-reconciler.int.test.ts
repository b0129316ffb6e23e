import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTemporalClient, lazyConnection, type TemporalClient } from '../platform/temporal.ts';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import { type OwnTemporal, startOwnTemporal } from '../test/own-temporal.ts';

let house: House;
let temporal: OwnTemporal;
let client: TemporalClient;

/** A Temporal of its own, because the tests stop and wipe it. */
beforeAll(async () => {
  temporal = await startOwnTemporal();
  house = await createHouse({ ...temporal.env, APPROVAL_THRESHOLDS: 'EUR:5.00' });
  client = createTemporalClient(lazyConnection(temporal.env.TEMPORAL_ADDRESS!), 'default');
  await post('/api/accounts', { id: 'payer', currency: 'EUR', initialDeposit: '1000.00' });
  await post('/api/accounts', { id: 'payee', currency: 'EUR' });
});
afterAll(async () => {
  await house?.close();
  await client?.connection.close();
  await temporal?.remove();
});

const until = { timeout: 90_000, interval: 200 };
const get = async (path: string) => (await ask(house, 'GET', path)).body;
const post = (path: string, body: object) => ask(house, 'POST', path, body, { prefer: 'wait=30' });
const remove = (id: string) => ask(house, 'DELETE', `/api/standing-orders/${id}`);
const describeSchedule = (id: string) => client.schedule.getHandle(`main/standing-order/${id}`).describe();

async function create(id: string, more: object) {
  const terms = { id, from: 'payer', to: 'payee', amount: '0.01', currency: 'EUR' };
  const answer = await post('/api/standing-orders', { ...terms, ...more });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const runsOf = async (id: string) => (await get(`/api/standing-orders/${id}/runs?limit=200`)).items;

/** Every time that an order by the second was due between its creation and its latest run. */
function dueTimes(createdAt: string, everyMs: number, latest: string): string[] {
  const first = Math.floor(Date.parse(createdAt) / 1000) * 1000 + everyMs;
  const count = (Date.parse(latest) - first) / everyMs + 1;
  return Array.from({ length: count }, (_, at) => new Date(first + at * everyMs).toISOString());
}

describe('Temporal loses its whole state', { timeout: 240_000 }, () => {
  test('active orders go on, make up for each missed run once, and paused ones stay paused', async () => {
    const { createdAt } = await create('survivor', { every: '2s' });
    // It may have been due before its pause, and is paid then: so it pays an account of its own.
    await post('/api/accounts', { id: 'dreams', currency: 'EUR' });
    await create('sleeper', { every: '1s', to: 'dreams' });
    await post('/api/standing-orders/sleeper/pause', { reason: 'holiday' });
    const sleptAt = Date.now();
    await vi.waitFor(async () => expect((await runsOf('survivor')).length).toBeGreaterThan(0), until);
    await temporal.down();
    await temporal.wipe();
    const missing = 6_000;
    await new Promise((done) => setTimeout(done, missing));
    const backAt = Date.now();
    await temporal.up();
    const made = async () => (await runsOf('survivor')).map((run) => run.scheduledAt).reverse();
    await vi.waitFor(async () => {
      const times = await made();
      expect(Date.parse(times.at(-1)!)).toBeGreaterThan(backAt + 4_000);
      expect(times).toEqual(dueTimes(createdAt, 2_000, times.at(-1)!));
    }, until);
    await vi.waitFor(async () => expect((await describeSchedule('sleeper')).state.paused).toBe(true), until);
    await remove('survivor');
    await vi.waitFor(async () => {
      // One that was under way when the order was removed may still join them.
      const runs = await runsOf('survivor');
      const statuses = runs.map((run) => run.status);
      expect(new Set(statuses)).toEqual(new Set(['completed']));
      const paid = (runs.length / 100).toFixed(2);
      expect((await get('/api/accounts/payee')).balance).toBe(paid);
    }, until);
    for (const run of await runsOf('sleeper'))
      expect(Date.parse(run.scheduledAt)).toBeLessThanOrEqual(sleptAt);
    const { checks } = await get('/api/integrity');
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('Temporal is away', { timeout: 240_000 }, () => {
  test('orders are accepted and scheduled when it is back, with what was due since', async () => {
    await temporal.down();
    const terms = { id: 'patient', from: 'payer', to: 'payee', amount: '0.01', currency: 'EUR', every: '1s' };
    const answer = await ask(house, 'POST', '/api/standing-orders', terms, { prefer: 'wait=1' });
    expect(answer.status, answer.text).toBe(202);
    expect(answer.body).toMatchObject({ status: 'active', pastRuns: [] });
    expect(answer.body.nextRuns).toHaveLength(5);
    expect((await get('/api/standing-orders/patient')).status).toBe('active');
    await temporal.up();
    await vi.waitFor(async () => {
      const runs = await runsOf('patient');
      expect(runs.length).toBeGreaterThan(3);
      const due = dueTimes(answer.body.createdAt, 1_000, runs[0]!.scheduledAt);
      expect(runs.map((run) => run.scheduledAt).reverse()).toEqual(due);
    }, until);
    await remove('patient');
    await vi.waitFor(async () => {
      expect((await get('/api/standing-orders/patient')).status).toBe('deleted');
    }, until);
  });
});

describe('a run whose predecessor waits for its approval', { timeout: 120_000 }, () => {
  test('is left out by skip', async () => {
    await create('skipper', { every: '1s', amount: '6.00', overlap: 'skip' });
    await vi.waitFor(async () => {
      expect((await describeSchedule('skipper')).info.numActionsSkippedOverlap).toBeGreaterThan(1);
    }, until);
    const runs = await runsOf('skipper');
    await remove('skipper');
    expect(runs.map((run) => run.status)).toEqual(['awaiting_approval']);
  });

  test('is requested all the same by allow-all', async () => {
    await create('insister', { every: '1s', amount: '6.00' });
    await vi.waitFor(async () => {
      const statuses = (await runsOf('insister')).map((run) => run.status);
      expect(statuses.slice(0, 3)).toEqual(Array(3).fill('awaiting_approval'));
    }, until);
    await remove('insister');
  });
});
