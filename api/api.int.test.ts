import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountId, Tenant } from '../domain/ids.ts';
import type { Queryable } from '../platform/postgres.ts';
import { type Answer, ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import { loadAccount } from './load-account.ts';

// Both files with a house share one Temporal namespace and the tenant: their ids must differ.
let house: House;
beforeAll(async () => {
  house = await createHouse({ COMMAND_WAIT_MS: '20000', READ_WAIT_MS: '20000' });
});
afterAll(() => house.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  ask(house, 'GET', path, undefined, headers);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(house, 'POST', path, body, headers);

async function open(id: string, initialDeposit = '100.00', more: object = {}): Promise<Answer> {
  const answer = await post('/api/accounts', { id, currency: 'EUR', initialDeposit, ...more });
  expect(answer.status, answer.text).toBe(201);
  return answer;
}
const customer = (id: string) => post('/api/customers', { id, name: id, email: `${id}@example.com` });
const move = (id: string, from: string, to: string, amount: string) =>
  post('/api/transfers', { id, from, to, amount, currency: 'EUR' });

test('a house whose parts answer is alive and ready', async () => {
  expect((await get('/healthz')).status).toBe(200);
  const ready = await get('/readyz');
  expect([ready.status, ready.body.status], ready.text).toEqual([200, 'ready']);
});

describe('accounts', () => {
  test('an account is opened, told and read back at its version', async () => {
    await customer('c1');
    const { body, headers } = await open('alice', '100.00', {
      ownerId: 'c1',
      name: 'Alice',
      metadata: { b: 1, a: 'x' },
    });
    expect(headers.get('location')).toBe('/api/accounts/alice');
    expect(body).toMatchObject({
      id: 'alice',
      ownerId: 'c1',
      status: 'open',
      balance: '100.00',
      held: '0.00',
      available: '100.00',
      overdraftLimit: '0.00',
      version: 2,
      position: null,
      metadata: { a: 'x', b: 1 },
    });
    const read = await get('/api/accounts/alice?minVersion=2');
    expect(read.status).toBe(200);
    expect(read.headers.get('etag')).toBe('"2"');
    expect(read.body).toEqual({ ...body, position: expect.any(Number) });
    expect((await get('/api/accounts/alice', { 'if-none-match': '"1", W/"2"' })).status).toBe(304);
    expect((await get('/api/accounts/alice', { 'if-none-match': '"1"' })).status).toBe(200);
  });

  test('an id that is taken is 409, a missing account 404, a version above the head 409', async () => {
    await open('taken');
    expect((await post('/api/accounts', { id: 'taken', currency: 'EUR' })).body).toMatchObject({
      code: 'account-exists',
    });
    expect((await get('/api/accounts/nobody')).status).toBe(404);
    expect((await get('/api/accounts/nobody/events')).status).toBe(404);
    expect((await get('/api/accounts/nobody/transactions')).status).toBe(404);
    expect((await post('/api/accounts/nobody/deposits', { amount: '1', currency: 'EUR' })).status).toBe(404);
    const ahead = await get('/api/accounts/taken?minVersion=99');
    expect([ahead.status, ahead.body.code]).toEqual([409, 'version-ahead']);
  });

  test('cash answers with the transaction, the new balance and the version', async () => {
    await open('cash', '0');
    const paid = await post('/api/accounts/cash/deposits', {
      amount: '10.5',
      currency: 'EUR',
      description: 'd',
    });
    expect(paid.status).toBe(201);
    expect(paid.body).toMatchObject({
      accountId: 'cash',
      type: 'deposit',
      amount: '10.50',
      openingBalance: '0.00',
      closingBalance: '10.50',
      balance: '10.50',
      description: 'd',
      version: 2,
    });
    const taken = await post('/api/accounts/cash/withdrawals', { amount: '4', currency: 'EUR' });
    expect(taken.body).toMatchObject({
      type: 'withdrawal',
      amount: '-4.00',
      closingBalance: '6.50',
      version: 3,
    });
    const refused = await post('/api/accounts/cash/withdrawals', { amount: '6.51', currency: 'EUR' });
    expect([refused.status, refused.body.code]).toEqual([422, 'insufficient-funds']);
    const other = await post('/api/accounts/cash/deposits', { amount: '1', currency: 'USD' });
    expect([other.status, other.body.code]).toEqual([422, 'currency-mismatch']);
    const list = await get('/api/accounts/cash/transactions?minVersion=3');
    expect(list.body.items.map((item) => [item.type, item.amount, item.closingBalance])).toEqual([
      ['withdrawal', '-4.00', '6.50'],
      ['deposit', '10.50', '10.50'],
    ]);
    expect(list.body.items[1]?.id).toBe(paid.body.id);
    expect((await get('/api/reports/transactions/cash')).body).toEqual(list.body);
    expect((await get(`/api/accounts/cash/transactions?to=${paid.body.occurredAt}`)).body.items).toEqual([]);
  });

  test('freeze, unfreeze and close are 200, and refuse by their code', async () => {
    await open('life', '0');
    const frozen = await post('/api/accounts/life/freeze', { reason: 'lost' });
    expect([frozen.status, frozen.body.status, frozen.body.version]).toEqual([200, 'frozen', 2]);
    const refused = await post('/api/accounts/life/deposits', { amount: '1', currency: 'EUR' });
    expect([refused.status, refused.body.code]).toEqual([422, 'account-frozen']);
    expect((await post('/api/accounts/life/unfreeze', { reason: 'found' })).body.status).toBe('open');
    expect((await post('/api/accounts/life/close', { reason: 'done' })).body.status).toBe('closed');
    const closed = await post('/api/accounts/life/close', { reason: 'again' });
    expect([closed.status, closed.body.code]).toEqual([422, 'account-closed']);
  });

  test('lists page by cursors that keep their filters', async () => {
    await customer('pager');
    for (const id of ['p1', 'p2', 'p3']) await open(id, '1', { ownerId: 'pager' });
    await get('/api/accounts/p3?minVersion=2');
    await get('/api/accounts/p2?minVersion=2');
    await get('/api/accounts/p1?minVersion=2');
    const first = (await get('/api/accounts?ownerId=pager&limit=2')).body;
    expect(first.items.map((item) => item.id)).toEqual(['p1', 'p2']);
    const second = (await get(`/api/accounts?limit=2&cursor=${first.nextCursor}`)).body;
    expect(second).toMatchObject({ items: [{ id: 'p3' }], nextCursor: null });
    const differs = await get(`/api/accounts?ownerId=other&cursor=${first.nextCursor}`);
    expect(differs.body.errors[0]?.pointer).toBe('/query/ownerId');
    expect((await get(`/api/transfers?cursor=${first.nextCursor}`)).status).toBe(400);
    const report = (await get('/api/reports/balances?currency=EUR&limit=1')).body;
    expect(report.items).toHaveLength(1);
    expect(report.totals[0]).toMatchObject({ currency: 'EUR', balance: expect.any(String) });
  });
});

describe('reads of an account', () => {
  test('an account that opens between the two looks is found, not 404', async () => {
    const query = (statement: { name?: string }) =>
      statement.name === 'read-claiming-command'
        ? open('justnow').then(() => house.pool.query(statement as never))
        : house.pool.query(statement as never);
    const hooked = { query } as unknown as Queryable;
    const deps = {
      pool: hooked,
      readPool: house.readPool,
      config: { READ_WAIT_MS: 1 },
      now: () => new Date(),
    };
    const wanted = { tenant: 'main' as Tenant, accountId: 'justnow' as AccountId, minVersion: undefined };
    const found = await loadAccount(deps as unknown as Parameters<typeof loadAccount>[0], wanted);
    expect(found.account.accountId).toBe('justnow');
  });

  test('any zone is a time, and the cursor keeps the instant', async () => {
    await open('zoned');
    await get('/api/accounts/zoned?minVersion=2');
    const from = '2026-01-01T00:00:00%2B23:59';
    for (const path of ['/api/accounts/zoned/transactions', '/api/reports/transactions/zoned']) {
      expect((await get(`${path}?from=${from}`)).body.items).toHaveLength(1);
    }
    await post('/api/accounts/zoned/deposits', { amount: '1', currency: 'EUR' });
    const first = (await get(`/api/accounts/zoned/transactions?minVersion=3&limit=1&from=${from}`)).body;
    const path = `/api/accounts/zoned/transactions?limit=1&cursor=${first.nextCursor}`;
    expect((await get(`${path}&from=${from}`)).body.items.map((item) => item.version)).toEqual([2]);
    expect((await get(`${path}&from=2025-12-31T00:01:00Z`)).status).toBe(200);
    expect((await get(`${path}&from=2025-12-31T00:02:00Z`)).status).toBe(422);
  });

  test("an account's events cursor is refused by another account", async () => {
    await open('mine');
    await open('yours');
    const { nextCursor } = (await get('/api/accounts/mine/events?limit=1')).body;
    const own = await get(`/api/accounts/mine/events?cursor=${nextCursor}`);
    expect(own.body.items.map((event) => event.version)).toEqual([2]);
    const other = await get(`/api/accounts/yours/events?cursor=${nextCursor}`);
    expect(other.status).toBe(422);
    expect((await get(`/api/accounts/mine/transactions?cursor=${nextCursor}`)).status).toBe(400);
  });
});

describe('commands', () => {
  test('a repeat under the same key is the same to the byte, and says so', async () => {
    const body = { id: 'same', currency: 'EUR', initialDeposit: '5', metadata: { z: 1, a: 2 } };
    const reordered = { metadata: { a: 2, z: 1 }, initialDeposit: '5.00', currency: 'EUR', id: 'same' };
    const first = await post('/api/accounts', body, { 'idempotency-key': 'k1' });
    const again = await post('/api/accounts', reordered, { 'idempotency-key': 'k1' });
    expect(again.text).toBe(first.text);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const reused = await post('/api/accounts', { ...body, id: 'else' }, { 'idempotency-key': 'k1' });
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
    const cash = { amount: '2', currency: 'EUR', metadata: { q: 1, b: 2 } };
    const paid = await post('/api/accounts/same/deposits', cash, { 'idempotency-key': 'k1' });
    expect(paid.body.balance).toBe('7.00');
    expect((await post('/api/accounts/same/deposits', cash, { 'idempotency-key': 'k1' })).text).toBe(
      paid.text,
    );
    const lost = { amount: '99', currency: 'EUR' };
    const refused = await post('/api/accounts/same/withdrawals', lost, { 'idempotency-key': 'k2' });
    const refusedAgain = await post('/api/accounts/same/withdrawals', lost, { 'idempotency-key': 'k2' });
    expect([refusedAgain.status, refusedAgain.text]).toEqual([422, refused.text]);
    expect(refusedAgain.headers.get('idempotency-replayed')).toBe('true');
  });

  test('respond-async is 202 with a Location that tells the end; nothing accepted is 404', async () => {
    const prefer = { prefer: 'respond-async' };
    const opening = await post('/api/accounts', { id: 'later', currency: 'EUR' }, prefer);
    expect(opening.status).toBe(202);
    expect(opening.headers.get('preference-applied')).toBe('respond-async');
    expect(opening.headers.get('location')).toBe(`/api/commands/${opening.body.id}`);
    expect([200, 503]).toContain((await get('/api/accounts/later')).status);
    await expect
      .poll(async () => (await get(`/api/commands/${opening.body.id}`)).body.status)
      .toBe('completed');
    await open('later2');
    const moving = await post(
      '/api/transfers',
      { id: 'tl', from: 'later2', to: 'later', amount: '1', currency: 'EUR' },
      prefer,
    );
    expect(moving.status).toBe(202);
    expect(moving.headers.get('location')).toBe('/api/transfers/tl');
    expect((await get('/api/transfers/tl')).status).toBe(200);
    const ended = async () => (await get('/api/transfers/tl')).body.status;
    await expect.poll(ended, { timeout: 20_000 }).toBe('completed');
  });

  test('the command log tells each, newest first', async () => {
    const page = (await get('/api/commands?limit=3')).body;
    expect(page.items).toHaveLength(3);
    const next = (await get(`/api/commands?limit=3&cursor=${page.nextCursor}`)).body;
    expect((next.items[0]?.id ?? '') < (page.items[2]?.id ?? '')).toBe(true);
    expect((await get(`/api/commands/${page.items[0]?.id}`)).body).toEqual(page.items[0]);
    expect((await get('/api/commands/nope')).status).toBe(404);
  });
});

describe('transfers', () => {
  test('a completed transfer is 201, read back the same, and listed the same', async () => {
    await open('from1', '50');
    await open('to1', '0');
    const made = await post('/api/transfers', {
      id: 'tr1',
      from: 'from1',
      to: 'to1',
      amount: '20',
      currency: 'EUR',
      reference: 'r',
      metadata: { n: 1 },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      id: 'tr1',
      amount: '20.00',
      status: 'completed',
      refusal: null,
      legs: [
        { leg: 'debit', accountId: 'from1', version: 3 },
        { leg: 'credit', accountId: 'to1', version: 2 },
      ],
      workflow: { id: 'main/transfer/tr1', url: expect.stringContaining('main%2Ftransfer%2Ftr1') },
      finishedAt: expect.any(String),
    });
    expect((await get('/api/transfers/tr1')).text).toBe(made.text);
    // The list follows the legs, which arrive one by one.
    const listed = async () => (await get('/api/transfers?accountId=to1&status=completed')).body.items;
    await expect.poll(listed, { timeout: 20_000 }).toEqual([made.body]);
    expect(
      (await post('/api/transfers', { id: 'tr1', from: 'a', to: 'b', amount: '1', currency: 'EUR' })).body
        .code,
    ).toBe('transfer-exists');
  });

  test('what was not done is 422 and tells the transfer and how it ended', async () => {
    await open('from2', '50');
    await open('to2', '0');
    await post('/api/accounts/to2/freeze', { reason: 'test' });
    const cases: [Answer, string, string][] = [
      [await move('x1', 'from2', 'from2', '1'), 'same-account', 'rejected'],
      [await move('x2', 'nobody', 'to2', '1'), 'account-not-found', 'rejected'],
      [await move('x3', 'from2', 'to2', '51'), 'insufficient-funds', 'rejected'],
      [await move('x4', 'from2', 'to2', '5'), 'account-frozen', 'refunded'],
      [await move('x5', 'from2', 'nobody', '5'), 'account-not-found', 'refunded'],
    ];
    for (const [answer, code, transferStatus] of cases) {
      expect(answer.status).toBe(422);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({
        type: `/problems/${code}`,
        code,
        transferId: expect.any(String),
        transferStatus,
      });
      expect((await get(`/api/transfers/${answer.body.transferId}`)).body.status).toBe(transferStatus);
    }
    expect((await get('/api/accounts/from2?minVersion=6')).body.balance).toBe('50.00');
    expect((await get('/api/transfers/nothing')).status).toBe(404);
  });
});
