import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import { type OwnTemporal, startOwnTemporal } from '../test/own-temporal.ts';
import { startReceiver } from '../test/receiver.ts';

const run = uuidv7().slice(-8);
const at = (name: string) => `${name}-${run}`;

let temporal: OwnTemporal;
let house: House;
beforeAll(async () => {
  temporal = await startOwnTemporal();
  house = await createHouse({
    ...temporal.env,
    APPROVAL_THRESHOLDS: 'EUR:100.00',
    COMMAND_WAIT_MS: '30000',
    WEBHOOK_ALLOW_PRIVATE: 'true',
  });
});
afterAll(async () => {
  await house?.close();
  await temporal?.remove();
});

const LONG = { timeout: 90_000, interval: 100 };
const get = (path: string) => ask(house, 'GET', path);
const post = (path: string, body: object) => ask(house, 'POST', path, body);
const pay = (id: string, from: string, to: string, amount: string, more: object = {}) =>
  post('/api/transfers', { id: at(id), from: at(from), to: at(to), amount, currency: 'EUR', ...more });
const is = (id: string, status: string) =>
  vi.waitFor(async () => expect((await get(`/api/transfers/${at(id)}`)).body.status).toBe(status), LONG);

/** The one delivery that there is, once there is one. */
async function delivery(): Promise<{ status: string; attempts: unknown[] } | undefined> {
  const { body } = await get(`/api/webhooks/${at('hook')}/deliveries`);
  const { items } = z.object({ items: z.array(deliverySeen) }).parse(body);
  return items[0];
}
const deliverySeen = z.object({ status: z.string(), attempts: z.array(z.unknown()) });

/** Debited, then refused by its frozen destination and by its source, which closes meanwhile. */
async function park(): Promise<void> {
  const client = await house.pool.connect();
  let asked: ReturnType<typeof pay> | undefined;
  try {
    await client.query('begin');
    await client.query('select from heads where stream_id = $1 for update', [`account-${at('frozen')}`]);
    asked = pay('parked', 'leaving', 'frozen', '10.00');
    await is('parked', 'debited');
    await post(`/api/accounts/${at('leaving')}/close`, { reason: 'test' });
  } finally {
    await client.query('rollback');
    client.release();
  }
  expect((await asked)?.body.transferStatus).toBe('needs_attention');
}

test('what waits outlives the state of Temporal: transfers, parked ones, a hold, a delivery', {
  timeout: 240_000,
}, async () => {
  for (const [id, initialDeposit] of [
    ['rich', '1000.00'],
    ['leaving', '10.00'],
    ['frozen', undefined],
    ['heir', undefined],
  ] as const) {
    const opened = await post('/api/accounts', { id: at(id), currency: 'EUR', initialDeposit });
    expect(opened.status, opened.text).toBe(201);
  }
  await post(`/api/accounts/${at('frozen')}/freeze`, { reason: 'test' });
  await park();
  const executeAt = new Date(Date.now() + 15_000).toISOString();
  expect((await pay('later', 'rich', 'heir', '1.00', { executeAt })).status).toBe(202);
  expect((await pay('asks', 'rich', 'heir', '200.00')).status).toBe(202);
  expect((await pay('refuses', 'rich', 'heir', '300.00')).status).toBe(202);
  const hold = {
    id: at('hold'),
    accountId: at('rich'),
    amount: '5.00',
    currency: 'EUR',
    expiresAt: executeAt,
  };
  expect((await post('/api/holds', hold)).status).toBe(201);
  const receiver = await startReceiver([500, 500, 204]);
  await post('/api/webhooks', { id: at('hook'), url: receiver.url, events: ['MoneyDeposited'] });
  await post(`/api/accounts/${at('rich')}/deposits`, { amount: '1.00', currency: 'EUR' });
  await vi.waitFor(async () => expect((await delivery())?.attempts).not.toEqual([]), LONG);

  await temporal.down();
  await temporal.wipe();
  await temporal.up();

  const act = (id: string, action: string, more: object = {}) =>
    post(`/api/transfers/${at(id)}/${action}`, { reason: 'test', ...more });
  for (const answer of [
    await act('asks', 'approve'),
    await act('refuses', 'decline'),
    await act('parked', 'resolve', { to: at('heir') }),
  ]) {
    expect([200, 202], answer.text).toContain(answer.status);
  }
  await is('later', 'completed');
  await is('asks', 'completed');
  await is('refuses', 'rejected');
  await is('parked', 'refunded');
  await vi.waitFor(
    async () => expect((await get(`/api/holds/${at('hold')}`)).body.status).toBe('expired'),
    LONG,
  );
  await vi.waitFor(async () => expect((await delivery())?.status).toBe('delivered'), LONG);
  await receiver.close();
  await vi.waitFor(
    async () => {
      expect((await house.pool.query('select from expected_workflows')).rowCount).toBe(0);
      const { status, body, text } = await get('/api/integrity');
      expect([status, body.ok], text).toEqual([200, true]);
    },
    { timeout: 60_000, interval: 500 },
  );
});
