import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

// Houses share one Temporal namespace and the tenant: ids must differ between files and runs.
const run = uuidv7().slice(-8);
const at = (name: string) => `${name}-${run}`;

let house: House;
beforeAll(async () => {
  house = await createHouse({ FEE_FLAT: 'EUR:0.50' });
});
afterAll(() => house.close());

const get = (path: string) => ask(house, 'GET', path);
const post = (path: string, body: object, key?: string) =>
  ask(house, 'POST', path, body, key === undefined ? {} : { 'idempotency-key': key });
const act = (id: string, action: string, more: object = {}, key?: string) =>
  post(`/api/transfers/${at(id)}/${action}`, { reason: 'the right thing', ...more }, key);
const pay = (id: string, from: string, to: string, amount: string) =>
  post('/api/transfers', { id: at(id), from: at(from), to: at(to), amount, currency: 'EUR' });
const life = async (name: string, action: 'freeze' | 'close') => {
  const done = await post(`/api/accounts/${at(name)}/${action}`, { reason: 'test' });
  expect(done.status, done.text).toBe(200);
};
/** The read table follows soon. */
const holds = (name: string, balance: string) =>
  vi.waitFor(async () => expect((await get(`/api/accounts/${at(name)}`)).body.balance).toBe(balance), {
    timeout: 20_000,
    interval: 100,
  });

async function open(name: string, initialDeposit?: string, currency = 'EUR') {
  const opened = await post('/api/accounts', { id: at(name), currency, initialDeposit });
  expect(opened.status, opened.text).toBe(201);
}

/** Does something while whatever needs this account's head has to wait. */
async function whileLocked(name: string, work: () => Promise<void>) {
  const client = await house.pool.connect();
  try {
    await client.query('begin');
    await client.query('select from heads where stream_id = $1 for update', [`account-${at(name)}`]);
    await work();
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const is = (id: string, status: string) =>
  vi.waitFor(async () => expect((await get(`/api/transfers/${at(id)}`)).body.status).toBe(status), {
    timeout: 20_000,
    interval: 20,
  });

/** A transfer of 9.50 and its fee, all that its source has, whose destination is frozen and whose source closes. */
async function park(id: string, from: string, meanwhile: () => Promise<void>): Promise<void> {
  await open(from, '10.00');
  let asked: ReturnType<typeof pay> | undefined;
  await whileLocked('frozen', async () => {
    asked = pay(id, from, 'frozen', '9.50');
    await is(id, 'debited');
    await meanwhile();
  });
  const parked = await asked;
  expect([parked?.status, parked?.body.code, parked?.body.transferStatus]).toEqual([
    422,
    'account-frozen',
    'needs_attention',
  ]);
}

const expected = async () =>
  (await house.pool.query('select workflow_type as type, workflow_id as id from expected_workflows')).rows;
const soundly = () =>
  vi.waitFor(
    async () => {
      expect(await expected()).toEqual([]);
      const { status, body, text } = await get('/api/integrity');
      expect([status, body.ok], text).toEqual([200, true]);
    },
    { timeout: 40_000, interval: 500 },
  );
describe('a parked transfer', () => {
  beforeAll(async () => {
    await open('frozen');
    await life('frozen', 'freeze');
    await open('heir', '1.00');
    await open('dollars', '1.00', 'USD');
  });

  test('is final for clients at once, and has a workflow until it is resolved to another account', async () => {
    await park('p1', 'p1', () => life('p1', 'close'));
    expect(await expected()).toEqual([{ type: 'parkedTransfer', id: `main/transfer/${at('p1')}` }]);
    const handle = house.temporal.workflow.getHandle(`main/transfer/${at('p1')}`);
    await vi.waitFor(async () => expect((await handle.describe()).type).toBe('parkedTransfer'), {
      timeout: 20_000,
      interval: 200,
    });
    // What moved the money was another workflow of that id: when it started is not told by this one's start.
    const timeline = await get(`/api/transfers/${at('p1')}/timeline`);
    expect(JSON.parse(timeline.text).steps[1]).toMatchObject({ kind: 'workflow_started', at: null });
    const integrity = await get('/api/integrity');
    expect([integrity.status, integrity.body.ok]).toEqual([200, true]);
    const retried = await act('p1', 'retry', {}, at('p1-retry'));
    expect([retried.status, retried.body.code, retried.body.transferId]).toEqual([
      422,
      'account-closed',
      at('p1'),
    ]);
    const again = await act('p1', 'retry', {}, at('p1-retry'));
    expect([again.status, again.text]).toEqual([422, retried.text]);
    const foreign = await act('p1', 'resolve', { to: at('dollars') });
    expect([foreign.status, foreign.body.code]).toEqual([422, 'currency-mismatch']);
    const nowhere = await act('p1', 'resolve', { to: at('nobody') });
    expect([nowhere.status, nowhere.body.code]).toEqual([422, 'account-not-found']);
    expect((await get(`/api/transfers/${at('p1')}`)).body.status).toBe('needs_attention');
    const resolved = await act('p1', 'resolve', { to: at('heir') }, at('p1-resolve'));
    expect(resolved.status, resolved.text).toBe(200);
    expect(resolved.body).toMatchObject({
      status: 'refunded',
      refusal: { code: 'account-frozen' },
      fee: '0.50',
      legs: [{ leg: 'debit' }, { leg: 'settle', accountId: at('heir'), version: 3 }],
    });
    const replayed = await act('p1', 'resolve', { to: at('heir') }, at('p1-resolve'));
    expect([replayed.status, replayed.text]).toEqual([200, resolved.text]);
    await holds('heir', '11.00');
    for (const action of ['retry', 'cancel'] as const) {
      const late = await act('p1', action);
      expect(late.status, late.text).toBe(action === 'retry' ? 422 : 409);
    }
    await soundly();
    await vi.waitFor(async () => expect((await handle.describe()).status.name).toBe('COMPLETED'));
    const events = (await get('/api/events?limit=200')).body.items.filter(
      (event) => 'streamId' in event && event.streamId === `transfer-${at('p1')}`,
    );
    expect(events.map(({ type }) => type)).toEqual(['CreditRefused', 'RefundParked', 'TransferSettled']);
  });

  test('is given back by a retry as soon as its source takes it', async () => {
    const most = '999999999999999999';
    const cents = `${most.slice(0, -2)}.${most.slice(-2)}`;
    const cash = { amount: cents, currency: 'EUR' };
    await park('p2', 'p2', async () => {
      const filled = await post(`/api/accounts/${at('p2')}/deposits`, cash);
      expect(filled.status, filled.text).toBe(201);
    });
    const full = await act('p2', 'retry');
    expect([full.status, full.body.code]).toEqual([422, 'limit-exceeded']);
    expect((await post(`/api/accounts/${at('p2')}/withdrawals`, cash)).status).toBe(201);
    const answers = await Promise.all(Array.from({ length: 5 }, () => act('p2', 'retry')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422, 422, 422]);
    await holds('p2', '10.00');
    expect((await get(`/api/transfers/${at('p2')}`)).body).toMatchObject({
      status: 'refunded',
      legs: [{ leg: 'debit' }, { leg: 'settle', accountId: at('p2') }],
    });
    await soundly();
  });

  test('whose workflow was terminated comes back, and can be settled all the same', async () => {
    await park('p3', 'p3', () => life('p3', 'close'));
    const handle = house.temporal.workflow.getHandle(`main/transfer/${at('p3')}`);
    const runs = () =>
      vi.waitFor(
        async () => {
          const { type, status } = await handle.describe();
          expect([type, status.name]).toEqual(['parkedTransfer', 'RUNNING']);
        },
        { timeout: 40_000, interval: 200 },
      );
    await runs();
    await handle.terminate('test');
    await runs();
    await handle.terminate('test');
    expect((await act('p3', 'resolve', { to: at('heir') })).status).toBe(200);
    await soundly();
  });
});

describe('a cancellation', () => {
  test('that comes before the debit fences it', async () => {
    await open('c-from', '5.00');
    await open('c-to');
    let asked: ReturnType<typeof pay> | undefined;
    await whileLocked('c-from', async () => {
      asked = pay('c', 'c-from', 'c-to', '1.00');
      await is('c', 'requested');
      const cancelled = await act('c', 'cancel');
      expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    });
    const answer = await asked;
    expect([answer?.status, answer?.body.code, answer?.body.transferStatus]).toEqual([
      422,
      'cancelled',
      'cancelled',
    ]);
    await holds('c-from', '5.00');
    await holds('c-to', '0.00');
    await soundly();
  });

  test('that comes after the debit is too late, and says so', async () => {
    await open('d-from', '5.00');
    await open('d-to');
    let asked: ReturnType<typeof pay> | undefined;
    await whileLocked('d-to', async () => {
      asked = pay('d', 'd-from', 'd-to', '1.00');
      await is('d', 'debited');
      const late = await act('d', 'cancel');
      expect([late.status, late.body.code]).toEqual([409, 'transfer-final']);
      expect(late.text).toContain('is debited');
    });
    expect((await asked)?.status).toBe(201);
    await holds('d-from', '3.50');
    await holds('d-to', '1.00');
    await soundly();
  });
});
