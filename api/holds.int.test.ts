import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Answer, ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

let house: House;
beforeAll(async () => {
  house = await createHouse();
});
afterAll(() => house.close());

const get = (path: string) => ask(house, 'GET', path);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(house, 'POST', path, body, headers);
const put = (path: string, body: object) => ask(house, 'PUT', path, body);

async function open(id: string, initialDeposit: string, more: object = {}): Promise<void> {
  const answer = await post('/api/accounts', { id, currency: 'EUR', initialDeposit, ...more });
  expect(answer.status, answer.text).toBe(201);
}
const hold = (id: string, accountId: string, amount: string, more: object = {}) =>
  post('/api/holds', { id, accountId, amount, currency: 'EUR', ...more });
const move = (from: string, to: string, amount: string) =>
  post('/api/transfers', { from, to, amount, currency: 'EUR' });
const code = ({ status, body }: Answer) => [status, body.code];

async function isSound(): Promise<void> {
  const { body } = await get('/api/integrity');
  expect(body.checks.filter(({ ok }) => !ok)).toEqual([]);
}

describe('holds', () => {
  test('held money is not available, and what of it is not captured is available again', async () => {
    await open('h-payer', '100.00');
    await open('h-payee', '0');
    const placed = await hold('h1', 'h-payer', '60.00', { description: 'Room 12' });
    expect(placed.status, placed.text).toBe(201);
    expect(placed.headers.get('location')).toBe('/api/holds/h1');
    expect(placed.body).toMatchObject({
      id: 'h1',
      status: 'held',
      amount: '60.00',
      balance: '100.00',
      available: '40.00',
      captured: null,
      expiresAt: null,
    });
    expect(code(await move('h-payer', 'h-payee', '40.01'))).toEqual([422, 'insufficient-funds']);
    expect(code(await hold('h2', 'h-payer', '40.01'))).toEqual([422, 'insufficient-funds']);
    const captured = await post('/api/holds/h1/capture', { to: 'h-payee', amount: '25.00' });
    expect(captured.status, captured.text).toBe(201);
    expect(captured.body).toMatchObject({ status: 'completed', amount: '25.00', holdId: 'h1', fee: '0.00' });
    expect((await get('/api/holds/h1')).body).toMatchObject({
      status: 'captured',
      captured: '25.00',
      transferId: captured.body.id,
    });
    const payer = await get('/api/accounts/h-payer?version=4');
    expect(payer.body).toMatchObject({ balance: '75.00', held: '0.00', available: '75.00' });
    expect((await get('/api/accounts/h-payee?minVersion=2')).body.balance).toBe('25.00');
    await isSound();
  });

  test('a hold ends once: capture, void and expiry exclude each other', async () => {
    await open('h-once', '100.00');
    await open('h-taker', '0');
    await hold('h3', 'h-once', '10.00');
    const voided = await post('/api/holds/h3/void', { reason: 'Guest left' });
    expect([voided.status, voided.body.status]).toEqual([200, 'voided']);
    expect(voided.body).toMatchObject({ balance: '100.00', available: '100.00' });
    expect(code(await post('/api/holds/h3/void', {}))).toEqual([409, 'hold-final']);
    expect(code(await post('/api/holds/h3/capture', { to: 'h-taker' }))).toEqual([409, 'hold-final']);
    await hold('h4', 'h-once', '10.00');
    const captures = await Promise.all(
      Array.from({ length: 8 }, () => post('/api/holds/h4/capture', { to: 'h-taker' })),
    );
    expect(captures.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const { status, body } of captures.filter((one) => one.status !== 201)) {
      expect([status, body.code]).toEqual([409, 'hold-final']);
    }
    expect((await get('/api/accounts/h-taker?minVersion=2')).body.balance).toBe('10.00');
    await isSound();
  });

  test('a hold expires by itself, and leaves no timer behind', async () => {
    await open('h-clock', '50.00');
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    expect((await hold('h5', 'h-clock', '50.00', { expiresAt })).status).toBe(201);
    await vi.waitFor(async () => expect((await get('/api/holds/h5')).body.status).toBe('expired'), {
      timeout: 30_000,
      interval: 200,
    });
    expect(code(await post('/api/holds/h5/capture', { to: 'h-taker' }))).toEqual([409, 'hold-final']);
    const { rows } = await house.pool.query(
      `select 1 from expected_workflows where workflow_id like '%/hold/h5'`,
    );
    expect(rows).toEqual([]);
    expect((await get('/api/accounts/h-clock?minVersion=4')).body).toMatchObject({
      held: '0.00',
      available: '50.00',
    });
  });

  test('a capture whose destination refuses gives the money back, and the hold says so', async () => {
    await open('h-back', '30.00');
    await hold('h6', 'h-back', '20.00');
    const refused = await post('/api/holds/h6/capture', { to: 'h-nobody' });
    expect(code(refused)).toEqual([422, 'account-not-found']);
    expect(refused.body.transferStatus).toBe('refunded');
    expect((await get('/api/holds/h6')).body.status).toBe('refunded');
    expect((await get('/api/accounts/h-back?minVersion=5')).body).toMatchObject({
      balance: '30.00',
      held: '0.00',
      available: '30.00',
    });
    await isSound();
  });

  test('a repeat under a key gets the first answer again, whatever became of the hold', async () => {
    await open('h-key', '30.00');
    const key = { 'Idempotency-Key': 'h-key-1' };
    const body = { accountId: 'h-key', amount: '5.00', currency: 'EUR' };
    const first = await post('/api/holds', body, key);
    expect(first.status).toBe(201);
    await post(`/api/holds/${first.body.id}/void`, {});
    const again = await post('/api/holds', body, key);
    expect([again.text, again.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
    expect(code(await post('/api/holds', { ...body, amount: '6.00' }, key))).toEqual([
      422,
      'idempotency-key-reused',
    ]);
    expect(code(await hold(first.body.id, 'h-key', '1.00'))).toEqual([409, 'hold-exists']);
  });

  test('bad requests are named, and unknown holds are 404', async () => {
    await open('h-bad', '30.00');
    for (const [more, pointer] of [
      [{ amount: '0' }, '/amount'],
      [{ amount: 5 }, '/amount'],
      [{ expiresAt: '2001-01-01T00:00:00Z' }, '/expiresAt'],
      [{ expiresAt: 'tomorrow' }, '/expiresAt'],
      [{ surprise: 1 }, '/surprise'],
    ] as const) {
      const answer = await hold('h-none', 'h-bad', '1.00', more);
      expect([answer.status, answer.body.errors[0]?.pointer], answer.text).toEqual([400, pointer]);
    }
    expect(code(await get('/api/holds/h-none'))).toEqual([404, 'hold-not-found']);
    expect(code(await post('/api/holds/h-none/void', {}))).toEqual([404, 'hold-not-found']);
    expect(code(await post('/api/holds/h-none/capture', { to: 'h-bad' }))).toEqual([404, 'hold-not-found']);
    expect(code(await hold('h-none', 'h-missing', '1.00'))).toEqual([422, 'account-not-found']);
    expect(code(await get('/api/holds/h-none'))).toEqual([404, 'hold-not-found']);
    expect((await hold('constructor', 'h-bad', '1.00')).status).toBe(201);
    const tooMuch = await post('/api/holds/constructor/capture', { to: 'h-payee', amount: '1.01' });
    expect(code(tooMuch)).toEqual([422, 'limit-exceeded']);
    expect((await get('/api/holds/constructor')).body.status).toBe('held');
  });
});

describe('limits', () => {
  test('an overdraft is available, and is not taken away while it is used', async () => {
    await open('l-over', '10.00');
    const set = await put('/api/accounts/l-over/limits', { overdraftLimit: '20.00' });
    expect([set.status, set.body.available], set.text).toEqual([200, '30.00']);
    const paid = await post('/api/accounts/l-over/withdrawals', { amount: '25.00', currency: 'EUR' });
    expect([paid.status, paid.body.balance]).toEqual([201, '-15.00']);
    expect(code(await put('/api/accounts/l-over/limits', { overdraftLimit: '14.99' }))).toEqual([
      422,
      'limit-exceeded',
    ]);
    expect((await put('/api/accounts/l-over/limits', { overdraftLimit: '15.00' })).body.available).toBe(
      '0.00',
    );
    await isSound();
  });

  test('per transfer and per day, holds count, a refund gives back, and what is left out stays', async () => {
    await open('l-day', '1000.00');
    await open('l-to', '0');
    await put('/api/accounts/l-day/limits', { perTransfer: '50.00', daily: '100.00' });
    expect(code(await move('l-day', 'l-to', '50.01'))).toEqual([422, 'limit-exceeded']);
    expect((await move('l-day', 'l-to', '50.00')).status).toBe(201);
    expect((await move('l-day', 'l-nobody', '40.00')).body.transferStatus).toBe('refunded');
    await hold('l-hold', 'l-day', '30.00');
    expect(code(await move('l-day', 'l-to', '20.01'))).toEqual([422, 'limit-exceeded']);
    await post('/api/holds/l-hold/void', {});
    expect((await move('l-day', 'l-to', '49.99')).status).toBe(201);
    expect(code(await move('l-day', 'l-to', '0.02'))).toEqual([422, 'limit-exceeded']);
    const changed = await put('/api/accounts/l-day/limits', { daily: null });
    expect(changed.body).toMatchObject({
      limits: { perTransfer: '50.00', daily: null, approvalThreshold: null },
    });
    expect((await move('l-day', 'l-to', '50.00')).status).toBe(201);
    await isSound();
  });

  test('bad limits are named', async () => {
    await open('l-bad', '1.00');
    for (const [body, pointer] of [
      [{ daily: '-1' }, '/daily'],
      [{ daily: '1.001' }, '/daily'],
      [{ daily: 1 }, '/daily'],
      [{ overdraftLimit: null }, '/overdraftLimit'],
      [{ weekly: '1' }, '/weekly'],
    ] as const) {
      const answer = await put('/api/accounts/l-bad/limits', body);
      expect([answer.status, answer.body.errors[0]?.pointer], answer.text).toEqual([400, pointer]);
    }
    expect(code(await put('/api/accounts/l-bad/limits', { daily: '1', currency: 'USD' }))).toEqual([
      422,
      'currency-mismatch',
    ]);
    expect(code(await put('/api/accounts/l-bad/limits', {}))).toEqual([422, 'validation']);
    expect(code(await put('/api/accounts/l-none/limits', { daily: '1' }))).toEqual([
      404,
      'account-not-found',
    ]);
  });
});
