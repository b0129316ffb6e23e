import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import { installQuietRuntime } from '../test/quiet-runtime.ts';
import { writeRaw } from '../test/raw-events.ts';
import { type Receiver, startReceiver } from '../test/receiver.ts';

// A house that strangers may register webhooks at: private networks are out of reach.
let house: House;
let receiver: Receiver;
beforeAll(async () => {
  installQuietRuntime();
  house = await createHouse({ WEBHOOK_ALLOW_PRIVATE: 'false', WEBHOOK_MAX_ATTEMPTS: '1' });
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await house.close();
});

test.each([
  'http://example.com/',
  'https://127.0.0.1/',
  'https://10.0.0.1:8443/x',
  'https://192.168.0.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://224.0.0.1/',
  'https://0.0.0.0/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://2130706433/',
  'https://localhost/',
])('%s is refused when it is registered', async (url) => {
  const { status, body } = await ask(house, 'POST', '/api/webhooks', { url, events: ['*'] });
  expect([status, body.code, body.errors[0]?.pointer]).toEqual([400, 'validation', '/url']);
});

test('a repeated key is answered from what was recorded: its URL is not looked up again', async () => {
  const wish = { url: 'https://example.com/', events: ['*'] };
  const key = { 'idempotency-key': 'moved' };
  const made = await ask(house, 'POST', '/api/webhooks', wish, key);
  // A URL that would be refused by now: the key was used for another wish, which is told without a look-up.
  const other = await ask(house, 'POST', '/api/webhooks', { ...wish, url: 'https://127.0.0.1/' }, key);
  expect([made.status, other.status, other.body.code]).toEqual([201, 422, 'idempotency-key-reused']);
});

test('a webhook that came to point at a private network later is not sent anything', async () => {
  const wish = { id: 'rebound', url: 'https://example.com/', events: ['*'] };
  expect((await ask(house, 'POST', '/api/webhooks', wish)).status).toBe(201);
  // As if the name had been pointed elsewhere after it was checked.
  const { port } = new URL(receiver.url);
  await house.pool.query(`update webhooks set url = $1`, [`https://localhost:${port}/`]);
  await writeRaw(house.pool, { tenant: 'main', streamId: 'account-a', version: 1 });
  await vi.waitFor(
    async () => {
      const { text } = await ask(house, 'GET', '/api/webhooks/rebound/deliveries');
      expect(JSON.parse(text).items).toMatchObject([
        { status: 'failed', attempts: [{ statusCode: null, error: 'PRIVATE_ADDRESS' }] },
      ]);
    },
    { timeout: 40_000, interval: 50 },
  );
  expect(receiver.received).toEqual([]);
});
