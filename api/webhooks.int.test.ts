import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { verifyWebhook } from '../platform/webhook-signature.ts';
import { type Answer, ask as askHouse } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import { installQuietRuntime } from '../test/quiet-runtime.ts';
import { writeRaw } from '../test/raw-events.ts';
import { type Answers, type Receiver, startReceiver } from '../test/receiver.ts';

const PATIENCE = { timeout: 40_000, interval: 50 };

let house: House;
let receivers: Receiver[] = [];
beforeAll(async () => {
  installQuietRuntime();
  house = await createHouse({ WEBHOOK_MAX_ATTEMPTS: '2' });
});
afterEach(async () => {
  await Promise.all(receivers.map((receiver) => receiver.close()));
  receivers = [];
});
afterAll(() => house.close());

const ask = (method: string, path: string, body?: object, headers?: Record<string, string>) =>
  askHouse(house, method, path, body, headers);
async function receive(answers?: Answers): Promise<Receiver> {
  const receiver = await startReceiver(answers);
  receivers.push(receiver);
  return receiver;
}
async function register(id: string, receiver: Receiver, events = ['*'], more: object = {}): Promise<Answer> {
  const made = await ask('POST', '/api/webhooks', { id, url: receiver.url, events, ...more });
  expect(made.status).toBe(201);
  return made;
}
const write = (id: string, type = 'AccountFrozen', version = 1) =>
  writeRaw(house.pool, { tenant: 'main', streamId: `account-${id}`, version, type });

type Delivery = {
  id: string;
  position: number;
  eventType: string;
  status: string;
  round: number;
  attemptCount: number;
  attempts: { statusCode: number | null; error: string | null; startedAt: string; durationMs: number }[];
};
async function deliveries(id: string): Promise<Delivery[]> {
  const { status, text } = await ask('GET', `/api/webhooks/${id}/deliveries`);
  expect(status).toBe(200);
  return JSON.parse(text).items;
}
/** Waits until the newest delivery has come to this. */
const newestIs = (id: string, status: string, round = 1) =>
  vi.waitFor(async () => {
    const [newest] = await deliveries(id);
    expect(newest).toMatchObject({ status, round });
    return newest!;
  }, PATIENCE);

test('an event is sent as GET /api/events shows it, signed with the secret that was told once', async () => {
  const receiver = await receive();
  await write('before');
  await vi.waitFor(async () => {
    const { body } = await ask('GET', '/api/events?limit=1');
    expect(body.items).toHaveLength(1);
  }, PATIENCE);
  const made = await register('signed', receiver);
  const secret: string = JSON.parse(made.text).secret;
  expect(secret).toMatch(/^whsec_[A-Za-z0-9_-]{43}$/);
  expect(made.headers.get('location')).toBe('/api/webhooks/signed');
  const read = await ask('GET', '/api/webhooks/signed');
  expect(read.body).toEqual({
    id: 'signed',
    url: receiver.url,
    events: ['*'],
    createdAt: expect.any(String),
  });

  await write('after');
  const delivery = await newestIs('signed', 'delivered');
  expect(delivery).toMatchObject({ eventType: 'AccountFrozen', attemptCount: 1 });
  expect(delivery.attempts).toMatchObject([{ attempt: 1, statusCode: 200, error: null }]);
  const page = await ask('GET', `/api/events?after=${delivery.position - 1}&limit=1`);
  // What was in the log before the webhook is not sent.
  expect(receiver.received).toHaveLength(1);
  const [{ headers, body }] = receiver.received as [Receiver['received'][number]];
  expect(JSON.parse(body)).toEqual(page.body.items[0]);
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'remit-event': 'AccountFrozen',
    'remit-delivery': delivery.id,
  });
  const signature = String(headers['remit-signature']);
  expect(verifyWebhook(secret, signature, body, new Date())).toBe(true);
  expect(verifyWebhook('whsec_other', signature, body, new Date())).toBe(false);
});

test('a webhook gets the types of events that it wants', async () => {
  const receiver = await receive();
  await register('typed', receiver, ['AccountClosed', 'AccountUnfrozen', 'AccountClosed']);
  await write('typed', 'AccountFrozen', 1);
  await write('typed', 'AccountUnfrozen', 2);
  await write('typed', 'AccountFrozen', 3);
  await write('typed', 'AccountClosed', 4);
  await vi.waitFor(() => expect(receiver.received).toHaveLength(2), PATIENCE);
  const types = receiver.received.map(({ headers }) => headers['remit-event']);
  expect(types.sort()).toEqual(['AccountClosed', 'AccountUnfrozen']);
  await vi.waitFor(async () => {
    const found = await deliveries('typed');
    expect(found.map(({ eventType, status }) => [eventType, status])).toEqual([
      ['AccountClosed', 'delivered'],
      ['AccountUnfrozen', 'delivered'],
    ]);
  }, PATIENCE);
  const first = await ask('GET', '/api/webhooks/typed/deliveries?limit=1');
  expect(first.body.items).toMatchObject([{ eventType: 'AccountClosed' }]);
  const cursor = `/api/webhooks/typed/deliveries?limit=1&cursor=${first.body.nextCursor}`;
  expect((await ask('GET', cursor)).body).toMatchObject({
    items: [{ eventType: 'AccountUnfrozen' }],
    nextCursor: null,
  });
});

test('a receiver that fails is tried again, and each attempt is to be seen', async () => {
  const receiver = await receive(['reset', 204]);
  await register('flaky', receiver);
  await write('flaky');
  const delivery = await newestIs('flaky', 'delivered');
  expect(delivery.attempts).toMatchObject([
    { attempt: 2, statusCode: 204, error: null },
    { attempt: 1, statusCode: null, error: 'ECONNRESET' },
  ]);
  const ids = receiver.received.map(({ headers }) => headers['remit-delivery']);
  expect(ids).toEqual([delivery.id, delivery.id]);
  expect(
    (await house.pool.query('select from expected_workflows where workflow_id like $1', [`%${delivery.id}%`]))
      .rowCount,
  ).toBe(0);
});

test('a receiver that hangs has few requests at once, and holds up no other', async () => {
  const hanging = await receive(['hang']);
  await register('hanging', hanging, ['AccountFrozen']);
  for (let version = 1; version <= 12; version += 1) await write('hanging', 'AccountFrozen', version);
  await vi.waitFor(() => expect(hanging.received).toHaveLength(5), PATIENCE);
  await register('beside', await receive(), ['AccountClosed']);
  await write('hanging', 'AccountClosed', 13);
  await newestIs('beside', 'delivered');
  const { rows } = await house.pool.query(
    `select count(*)::integer as ended from webhook_attempts a join webhook_deliveries d using (tenant, delivery_id)
     where d.webhook_id = 'hanging'`,
  );
  expect(hanging.received.length - rows[0].ended).toBeLessThanOrEqual(5);
  expect((await ask('DELETE', '/api/webhooks/hanging')).status).toBe(204);
});

describe('redelivery', () => {
  test('a delivery that failed is sent again in a new round; a repeated key begins no other', async () => {
    const receiver = await receive([500, 500, 200]);
    await register('again', receiver);
    await write('again');
    const failed = await newestIs('again', 'failed');
    expect(failed.attempts.map(({ statusCode }) => statusCode)).toEqual([500, 500]);
    const body = { deliveryId: failed.id };
    const key = { 'Idempotency-Key': 'redeliver-again' };
    const path = '/api/webhooks/again/redeliver';
    const redelivered = await ask('POST', path, body, key);
    expect(redelivered.status).toBe(200);
    expect(redelivered.body).toMatchObject({ id: failed.id, round: 2 });
    const repeated = await ask('POST', path, body, key);
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect(repeated.text).toBe(redelivered.text);
    expect(await newestIs('again', 'delivered', 2)).toMatchObject({ attemptCount: 3 });
    expect(receiver.received).toHaveLength(3);
    // Whatever came of it, the answer tells how the round began.
    expect((await ask('POST', path, body, key)).text).toBe(redelivered.text);
    expect((await ask('POST', path, { deliveryId: 'other' }, key)).body.code).toBe('idempotency-key-reused');
  });

  test('what is delivered may be sent again too, and what is unknown may not', async () => {
    const receiver = await receive([200]);
    await register('twice', receiver);
    await write('twice');
    const { id } = await newestIs('twice', 'delivered');
    await ask('POST', '/api/webhooks/twice/redeliver', { deliveryId: id });
    await newestIs('twice', 'delivered', 2);
    expect(receiver.received).toHaveLength(2);
    const unknown = await ask('POST', '/api/webhooks/twice/redeliver', { deliveryId: 'nope' });
    expect([unknown.status, unknown.body.code]).toEqual([422, 'delivery-not-found']);
    const missing = await ask('POST', '/api/webhooks/nope/redeliver', { deliveryId: id });
    expect([missing.status, missing.body.code]).toEqual([404, 'not-found']);
    const others = await ask('POST', '/api/webhooks/again/redeliver', { deliveryId: id });
    expect([others.status, others.body.code]).toEqual([422, 'delivery-not-found']);
  });
});

test('410 gives up at once', async () => {
  const receiver = await receive([410]);
  await register('gone', receiver);
  await write('gone');
  expect((await newestIs('gone', 'failed')).attempts).toMatchObject([{ statusCode: 410 }]);
});

test('a deleted webhook is sent nothing more, what was pending is cancelled, and its id stays taken', async () => {
  const receiver = await receive([500]);
  const key = { 'Idempotency-Key': 'make-deleted' };
  const wish = {
    id: 'deleted',
    url: receiver.url,
    events: ['AccountFrozen'],
    secret: 'sixteen-visible-chars',
  };
  const made = await ask('POST', '/api/webhooks', wish, key);
  await write('deleted');
  await vi.waitFor(() => expect(receiver.received).toHaveLength(1), PATIENCE);
  expect((await ask('DELETE', '/api/webhooks/deleted')).status).toBe(204);
  await vi.waitFor(async () => {
    const { rows } = await house.pool.query(
      `select status from webhook_deliveries where webhook_id = 'deleted'`,
    );
    expect(rows).toEqual([{ status: 'cancelled' }]);
  }, PATIENCE);
  await write('deleted', 'AccountFrozen', 2);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/deliveries'],
  ] as const) {
    expect((await ask(method, `/api/webhooks/deleted${path}`)).status).toBe(404);
  }
  const repeated = await ask('POST', '/api/webhooks', wish, key);
  expect([repeated.status, repeated.text]).toEqual([201, made.text]);
  expect((await ask('POST', '/api/webhooks', wish)).body.code).toBe('webhook-exists');
  expect(receiver.received).toHaveLength(1);
});

test('a repeated key gets the same webhook with the same secret, also at once', async () => {
  const receiver = await receive();
  const wish = { url: receiver.url, events: ['AccountClosed'] };
  const key = { 'Idempotency-Key': 'one-webhook' };
  const answers = await Promise.all([1, 2, 3].map(() => ask('POST', '/api/webhooks', wish, key)));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  const changed = await ask('POST', '/api/webhooks', { ...wish, events: ['*'] }, key);
  expect([changed.status, changed.body.code]).toEqual([422, 'idempotency-key-reused']);
  const listed = await ask('GET', '/api/webhooks?limit=200');
  expect(listed.body.items.filter(({ id }) => id === answers[0]?.body.id)).toHaveLength(1);
  expect(listed.text).not.toContain('secret');
  const commands = await ask('GET', '/api/commands?limit=200');
  expect(commands.text).not.toContain(JSON.parse(answers[0]!.text).secret);
});

describe('malformed and refused', () => {
  const URL = 'https://example.com/hook';
  test.each<[object, string]>([
    [{ events: ['*'] }, '/url'],
    [{ url: 'example.com', events: ['*'] }, '/url'],
    [{ url: 'ftp://example.com/', events: ['*'] }, '/url'],
    [{ url: 'https://me:secret@example.com/', events: ['*'] }, '/url'],
    [{ url: `https://example.com/${'x'.repeat(2_000)}`, events: ['*'] }, '/url'],
    [{ url: 'https://example.com:99999/', events: ['*'] }, '/url'],
    [{ url: URL, events: [] }, '/events'],
    [{ url: URL }, '/events'],
    [{ url: URL, events: ['Nothing'] }, '/events/0'],
    [{ url: URL, events: ['*'], secret: 'short' }, '/secret'],
    [{ url: URL, events: ['*'], id: 'a b' }, '/id'],
    [{ url: URL, events: ['*'], nope: 1 }, '/nope'],
  ])('%j', async (wish, pointer) => {
    const { status, body } = await ask('POST', '/api/webhooks', wish);
    expect([status, body.errors[0]?.pointer]).toEqual([400, pointer]);
  });
});
