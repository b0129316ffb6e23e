import { Writable } from 'node:stream';
import { pino } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { loadConfig } from '../platform/config.ts';
import { hashJson } from '../sql/hash.ts';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import { noDispatcher } from '../test/no-dispatcher.ts';
import { createApp } from './app.ts';

// Houses share one Temporal namespace and the tenant: ids must differ between files and runs.
const run = uuidv7().slice(-6);
const at = (name: string) => `${name}-${run}`;

let house: House;
beforeAll(async () => {
  house = await createHouse();
});
afterAll(() => house.close());

const get = (path: string) => ask(house, 'GET', path);
const erase = (id: string) => ask(house, 'DELETE', `/api/customers/${id}/personal-data`);
const post = (path: string, body: object, key?: string) =>
  ask(house, 'POST', path, body, key === undefined ? {} : { 'idempotency-key': key });

/** Tables of the house's database, the read tables among them, that have this text in any column. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await house.pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const { rowCount } = await house.pool.query(
      `select from ${name} as t where position(lower($1) in lower(t::text)) > 0 limit 1`,
      [text],
    );
    if (rowCount === 1) found.push(name);
  }
  return found;
}

describe('customers', () => {
  test('a customer is added, read and listed by pages', async () => {
    const ids = ['p1', 'p2', 'p3'].map(at);
    for (const id of ids) {
      const body = { id, name: `Person ${id}`, email: `${id}@example.com` };
      const added = await post('/api/customers', body);
      expect(added.status, added.text).toBe(201);
      expect(added.headers.get('location')).toBe(`/api/customers/${id}`);
      expect(added.body).toEqual({ ...body, createdAt: expect.any(String), erasedAt: null });
      expect((await get(`/api/customers/${id}`)).body).toEqual(added.body);
    }
    const first = (await get('/api/customers?limit=2')).body;
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = (await get(`/api/customers?limit=2&cursor=${first.nextCursor}`)).body;
    expect(second).toMatchObject({ items: [{ id: ids[2] }], nextCursor: null });
    expect((await get('/api/customers?cursor=abc')).status).toBe(400);
  });

  test('who is not there is 404 to read and to erase', async () => {
    for (const answer of [await get('/api/customers/nobody'), await erase('nobody')]) {
      expect([answer.status, answer.body.code]).toEqual([404, 'customer-not-found']);
    }
  });

  test('an id that is taken is 409, and of many at once one is added', async () => {
    const id = at('taken');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        post('/api/customers', { id, name: `N${index}`, email: 'n@example.com' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('customer-exists');
    const added = answers.find(({ status }) => status === 201);
    expect((await get(`/api/customers/${id}`)).body).toEqual(added?.body);
  });

  test('the command log has it, final, without a word of the person', async () => {
    const { body } = await post('/api/customers', { name: 'Log Person', email: 'log@example.com' });
    const { items } = (await get('/api/commands?limit=200')).body;
    const command = items.find((item) => 'resource' in item && item.resource === `/api/customers/${body.id}`);
    expect(command).toMatchObject({ type: 'createCustomer', status: 'completed', refusal: null });
    expect((await get(`/api/commands/${command?.id}`)).text).not.toContain('Person');
  });
});

describe('an Idempotency-Key of a customer', () => {
  const body = { name: 'Key Person', email: 'key@example.com' };

  test('gives the first answer again, to many at once as well, and is refused for another body', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('/api/customers', body, at('k1'))),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(7);
    for (const other of [
      { ...body, email: 'other@example.com' },
      { ...body, id: answers[0]!.body.id },
    ]) {
      const reused = await post('/api/customers', other, at('k1'));
      expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
    }
  });

  test('is not burnt by a refusal', async () => {
    const id = at('burn');
    await post('/api/customers', { ...body, id });
    expect((await post('/api/customers', { ...body, id }, at('k2'))).status).toBe(409);
    expect((await post('/api/customers', body, at('k2'))).status).toBe(201);
  });

  test('after the erasure adds nobody, and tells what is left', async () => {
    const first = await post('/api/customers', body, at('k3'));
    await erase(first.body.id);
    const again = await post('/api/customers', body, at('k3'));
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(again.body).toMatchObject({ id: first.body.id, name: null, email: null });
  });
});

describe('erasure', () => {
  const name = `Zoë Quux-${run}`;
  const email = `zoe.${run}@erase.example`;
  const id = at('zoe');
  const account = at('zoe-account');

  test('takes every trace of the person and leaves the money and its proof', {
    timeout: 120_000,
  }, async () => {
    const { body: before } = await post('/api/customers', { id, name, email }, at('zoe-key'));
    const opened = await post('/api/accounts', {
      id: account,
      ownerId: id,
      currency: 'EUR',
      initialDeposit: '10.00',
    });
    expect(opened.status, opened.text).toBe(201);
    expect(await tablesWith(email)).toEqual(['personal_data']);
    expect(await tablesWith(name)).toEqual(['personal_data']);

    expect((await erase(id)).status).toBe(204);
    const { body: after } = await get(`/api/customers/${id}`);
    expect(after).toEqual({ ...before, name: null, email: null, erasedAt: expect.any(String) });
    expect((await erase(id)).status).toBe(204);
    expect((await get(`/api/customers/${id}`)).body).toEqual(after);

    expect(await tablesWith(email)).toEqual([]);
    expect(await tablesWith(name)).toEqual([]);
    // Whoever guesses the person right must not be told so by a hash that was kept.
    expect(await tablesWith(hashJson({ id, name, email }))).toEqual([]);

    await get(`/api/accounts/${account}?minVersion=2`);
    const { body: money } = await get(`/api/accounts/${account}`);
    expect(money).toMatchObject({ ownerId: id, balance: '10.00' });
    const violated = async () => (await get('/api/integrity')).body.checks.filter(({ ok }) => !ok);
    await expect.poll(violated, { timeout: 60_000 }).toEqual([]);
  });

  test('many at once are one', async () => {
    const { body } = await post('/api/customers', { name, email });
    const answers = await Promise.all(Array.from({ length: 8 }, () => erase(body.id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    expect((await get(`/api/customers/${body.id}`)).body).toMatchObject({ name: null, email: null });
  });
});

describe('the owner of an account', () => {
  const open = (ownerId: string, key?: string) => post('/api/accounts', { ownerId, currency: 'EUR' }, key);

  test('must be there, and the refusal burns no key', async () => {
    const refused = await open(at('late'), at('o1'));
    expect([refused.status, refused.body.code]).toEqual([422, 'customer-not-found']);
    await post('/api/customers', { id: at('late'), name: 'Late', email: 'late@example.com' });
    const opened = await open(at('late'), at('o1'));
    expect(opened.status, opened.text).toBe(201);
    expect(opened.body).toMatchObject({ ownerId: at('late') });
  });

  test('opens none once erased, and a repeat keeps its first answer', async () => {
    const { body: owner } = await post('/api/customers', { name: 'Gone', email: 'gone@example.com' });
    const first = await open(owner.id, at('o2'));
    await erase(owner.id);
    const refused = await open(owner.id);
    expect([refused.status, refused.body.code]).toEqual([422, 'customer-erased']);
    const repeat = await open(owner.id, at('o2'));
    expect([repeat.status, repeat.text]).toEqual([201, first.text]);
    expect(repeat.headers.get('idempotency-replayed')).toBe('true');
  });
});

test('the log tells nothing of a person', async () => {
  let logged = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const app = createApp({
    pool: house.pool,
    readPool: house.readPool,
    dispatcher: noDispatcher,
    health: {},
    config: loadConfig({ ...inject('stack') }),
    log: pino({ level: 'trace' }, sink),
    now: () => new Date(),
    newId: () => uuidv7(),
    isDraining: () => false,
  });
  const person = { name: 'Secret Person', email: 'secret@example.com' };
  const headers = { 'content-type': 'application/json' };
  const request = (body: object) =>
    app.request('/api/customers', { method: 'POST', headers, body: JSON.stringify(body) });
  expect((await request({ id: at('secret'), ...person })).status).toBe(201);
  expect((await request({ id: at('secret'), ...person })).status).toBe(409);
  expect((await request({ ...person, email: 'secret@example' })).status).toBe(400);
  expect(logged).toContain('/api/customers');
  expect(logged.toLowerCase()).not.toContain('secret@');
  expect(logged).not.toContain('Secret Person');
});
