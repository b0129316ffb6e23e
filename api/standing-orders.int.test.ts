import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { createTemporalClient, lazyConnection } from '../platform/temporal.ts';
import { type Answer, ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

/** Schedules of all tests live in one Temporal: ids are of this run. */
const run = Math.random().toString(36).slice(2, 8);
const id = (name: string) => `${name}-${run}`;
const connection = lazyConnection(inject('stack').TEMPORAL_ADDRESS);
const temporal = createTemporalClient(connection, 'default');

let house: House;
beforeAll(async () => {
  house = await createHouse();
  await open('payer', '1000.00');
  await open('payee', '0');
});
afterAll(async () => {
  for (const { id: left } of (await get('/api/standing-orders?limit=200')).body.items) await remove(left);
  await house.close();
  await connection.close();
});

const get = (path: string) => ask(house, 'GET', path);
const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  ask(house, 'POST', path, body, headers);
const remove = (order: string, headers: Record<string, string> = {}) =>
  ask(house, 'DELETE', `/api/standing-orders/${order}`, undefined, headers);

async function open(account: string, initialDeposit: string): Promise<void> {
  const answer = await post('/api/accounts', { id: id(account), currency: 'EUR', initialDeposit });
  expect(answer.status, answer.text).toBe(201);
}

const terms = { from: id('payer'), to: id('payee'), amount: '1.00', currency: 'EUR' };
const yearly = { ...terms, cron: '0 9 1 1 *' };
const create = (name: string, body: object, headers: Record<string, string> = {}) =>
  post('/api/standing-orders', { id: id(name), ...terms, ...body }, headers);
const pause = (name: string, headers: Record<string, string> = {}) =>
  post(`/api/standing-orders/${id(name)}/pause`, { reason: 'holiday' }, headers);
const resume = (name: string) => post(`/api/standing-orders/${id(name)}/resume`, { reason: 'back' });
const read = async (name: string) => (await get(`/api/standing-orders/${id(name)}`)).body;
const code = ({ status, body }: Answer) => [status, body.code];
const until = { timeout: 60_000, interval: 200 };
const scheduled = (name: string) => temporal.schedule.getHandle(`main/standing-order/${id(name)}`).describe();

async function balance(account: string): Promise<string> {
  return (await get(`/api/accounts/${id(account)}`)).body.balance;
}

async function isSound(): Promise<void> {
  const { body } = await get('/api/integrity');
  expect(body.checks.filter(({ ok }) => !ok)).toEqual([]);
}

describe('creating a standing order', () => {
  test('an order by cron tells its next runs, which are those of its Schedule', async () => {
    const answer = await create('cron', {
      cron: '30 9 1 * MON',
      description: 'Rent',
      reference: 'flat 12',
      metadata: { floor: 3 },
    });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/standing-orders/${id('cron')}`);
    expect(answer.body).toMatchObject({
      id: id('cron'),
      ...terms,
      description: 'Rent',
      reference: 'flat 12',
      metadata: { floor: 3 },
      cron: '30 9 1 * MON',
      every: null,
      until: null,
      overlap: 'allow-all',
      catchUp: null,
      status: 'active',
      reason: null,
      pastRuns: [],
    });
    expect(answer.body.nextRuns).toHaveLength(5);
    const { info, policies } = await scheduled('cron');
    expect(info.nextActionTimes.slice(0, 5).map((time) => time.toISOString())).toEqual(answer.body.nextRuns);
    expect(policies.overlap).toBe('ALLOW_ALL');
    expect((await read('cron')).nextRuns).toEqual(answer.body.nextRuns);
  });

  test.each([
    '*/20 8-17 * * 1-5',
    '0 0 29 2 *',
    '15,45 */6 */10 JAN-JUN *',
    '5 4 * * 7',
    '0 12 13 * 5',
    '59 23 31 12 0',
  ])('Temporal and Remit read %s alike', async (cron) => {
    const order = `alike${cron.replace(/\W/g, '')}`.slice(0, 25);
    const { body, text } = await create(order, { cron });
    const { info } = await scheduled(order);
    const times = info.nextActionTimes.map((time) => time.toISOString());
    expect(times.length, text).toBeGreaterThanOrEqual(4);
    expect(times.slice(0, 5)).toEqual(body.nextRuns.slice(0, times.length));
  });

  test('an interval is counted from the creation, and until ends it', async () => {
    const last = new Date(Date.now() + 3 * 7_200_000 + 60_000).toISOString();
    const { body, status } = await create('every', {
      every: '2h',
      until: last,
      overlap: 'skip',
      catchUp: '1d',
    });
    expect(status).toBe(201);
    const created = Math.floor(Date.parse(body.createdAt) / 1000) * 1000;
    const expected = [1, 2, 3].map((count) => new Date(created + count * 7_200_000).toISOString());
    expect(body).toMatchObject({ nextRuns: expected, until: last, overlap: 'skip', catchUp: '1d' });
    const { info, policies, spec } = await scheduled('every');
    expect(info.nextActionTimes.map((time) => time.toISOString())).toEqual(expected);
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 86_400_000 });
    expect(spec.endAt?.toISOString()).toBe(last);
  });

  test('an id is made where none is given, and one that is taken is refused', async () => {
    const made = await post('/api/standing-orders', yearly);
    expect(made.status, made.text).toBe(201);
    expect(made.body.id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await create('taken', { cron: '0 9 1 1 *' })).status).toBe(201);
    expect(code(await create('taken', { cron: '0 9 1 1 *' }))).toEqual([409, 'standing-order-exists']);
  });

  test('of many at once with one id, one is created', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create('race', { cron: '0 9 1 1 *' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
  });

  test('a key gives the first answer again, also when the order has changed, and is for one request', async () => {
    const headers = { 'idempotency-key': id('key') };
    const first = await create('keyed', { cron: '0 9 1 1 *' }, headers);
    await pause('keyed');
    const again = await create('keyed', { cron: '0 9 1 1 *' }, headers);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await create('keyed', { cron: '0 9 2 1 *' }, headers);
    expect(code(other)).toEqual([422, 'idempotency-key-reused']);
  });

  test('a key of an order that is over gives the first answer again', async () => {
    const headers = { 'idempotency-key': id('brief') };
    const body = { every: '1s', until: new Date(Date.now() + 3_000).toISOString() };
    const first = await create('brief', body, headers);
    expect(first.status, first.text).toBe(201);
    await vi.waitFor(async () => expect((await read('brief')).status).toBe('ended'), until);
    expect((await create('brief', body, headers)).text).toBe(first.text);
    expect(code(await pause('brief'))).toEqual([409, 'standing-order-final']);
    expect(code(await resume('brief'))).toEqual([409, 'standing-order-final']);
    const { items } = (await get('/api/standing-orders?status=ended')).body;
    expect(items.map((order) => order.id)).toContain(id('brief'));
  });

  test.each([
    ['/cron', { cron: '0 9 * *' }],
    ['/cron', { cron: '@daily' }],
    ['/cron', { cron: '0 0 31 2 *' }],
    ['/cron', { cron: 5 }],
    [
      '/cron',
      {
        cron: `${Array.from({ length: 60 }, (_, minute) => minute)} 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 * * *`,
      },
    ],
    ['/every', { every: '0s' }],
    ['/every', { every: 'PT1H' }],
    ['/every', { every: '1.5h' }],
    ['/every', { every: '4000d' }],
    ['/every', { every: 60 }],
    ['/until', { every: '1h', until: 'tomorrow' }],
    ['/overlap', { every: '1h', overlap: 'cancel' }],
    ['/catchUp', { every: '1h', catchUp: '5s' }],
    ['/catchUp', { every: '1h', catchUp: 'all' }],
    ['/id', { every: '1h', id: 'x'.repeat(41) }],
    ['/id', { every: '1h', id: '-x' }],
    ['/from', { every: '1h', from: '' }],
    ['/to', { every: '1h', to: null }],
    ['/amount', { every: '1h', amount: '1.001' }],
    ['/amount', { every: '1h', amount: 1 }],
    ['/currency', { every: '1h', currency: 'XXL' }],
    ['/description', { every: '1h', description: 'x'.repeat(501) }],
    ['/reference', { every: '1h', reference: 'x'.repeat(101) }],
    ['/metadata/a', { every: '1h', metadata: { a: {} } }],
    ['/jitter', { every: '1h', jitter: '1s' }],
  ])('what is wrong with %s is told: %j', async (pointer, wrong) => {
    const answer = await post('/api/standing-orders', { ...terms, ...wrong });
    expect(code(answer)).toEqual([400, 'validation']);
    expect(answer.body.errors.map((error) => error.pointer)).toEqual([pointer]);
  });

  test.each(['2020-01-01T00:00:00Z', new Date(Date.now() + 60_000).toISOString()])(
    'an end before the first run is refused: %s',
    async (last) => {
      const answer = await post('/api/standing-orders', { ...terms, every: '1h', until: last });
      expect(code(answer)).toEqual([422, 'validation']);
      expect(answer.body.errors.map((error) => error.pointer)).toEqual(['/until']);
    },
  );

  test.each([{}, { cron: '0 9 1 * *', every: '1d' }])('of cron and every one is given: %j', async (both) => {
    const answer = await post('/api/standing-orders', { ...terms, ...both });
    expect(code(answer)).toEqual([422, 'validation']);
    expect(answer.body.errors.map((error) => error.pointer)).toEqual(['/cron']);
  });

  test('an account cannot pay itself again and again', async () => {
    const answer = await post('/api/standing-orders', { ...yearly, to: yearly.from });
    expect(code(answer)).toEqual([422, 'same-account']);
  });
});

describe('runs', () => {
  test('each pays once, under an id made of its time, as a transfer like any other', async () => {
    await open('worker-bee', '0');
    const last = new Date(Date.now() + 7_000).toISOString();
    await create('runs', { to: id('worker-bee'), every: '2s', until: last, description: 'Wages' });
    await vi.waitFor(async () => {
      const { status, pastRuns } = await read('runs');
      expect(status).toBe('ended');
      expect(pastRuns.map((past) => past.status)).toEqual(['completed', 'completed', 'completed']);
    }, until);
    const { pastRuns, createdAt } = await read('runs');
    const created = Math.floor(Date.parse(createdAt) / 1000) * 1000;
    expect(pastRuns.map((past) => Date.parse(past.scheduledAt) - created)).toEqual([6_000, 4_000, 2_000]);
    const [latest] = pastRuns;
    expect(latest!.transferId).toBe(`${id('runs')}:${latest!.scheduledAt.slice(0, 19)}Z`);
    const made = await get(`/api/transfers/${latest!.transferId}`);
    expect(made.body).toMatchObject({ status: 'completed', amount: '1.00', description: 'Wages' });
    await vi.waitFor(async () => expect(await balance('worker-bee')).toBe('3.00'), until);
    const timeline = await get(`/api/transfers/${latest!.transferId}/timeline`);
    expect(timeline.status, timeline.text).toBe(200);
    await isSound();
  });

  test('are read page by page', async () => {
    const path = `/api/standing-orders/${id('runs')}/runs?limit=2`;
    const first = (await get(path)).body;
    expect(first.items).toHaveLength(2);
    const second = (await get(`${path}&cursor=${first.nextCursor}`)).body;
    expect([second.items.length, second.nextCursor]).toEqual([1, null]);
    expect([...first.items, ...second.items]).toEqual((await read('runs')).pastRuns);
    expect(code(await get(`${path}&cursor=nonsense`))).toEqual([400, 'validation']);
  });

  test('a run that is refused is told, and the order goes on', async () => {
    await open('poor', '0');
    await create('refused', { from: id('poor'), every: '1s' });
    await vi.waitFor(async () => {
      const { pastRuns, status } = await read('refused');
      expect(status).toBe('active');
      expect(pastRuns.filter((past) => past.status === 'rejected').length).toBeGreaterThan(1);
    }, until);
    const { pastRuns } = await read('refused');
    expect(pastRuns.at(-1)).toMatchObject({ refusal: { code: 'insufficient-funds' } });
    await remove(id('refused'));
  });

  test("a run whose transfer's id belongs to another request pays nothing and says so", async () => {
    const created = await create('stolen', { every: '5s', amount: '7.77' });
    const [next] = created.body.nextRuns;
    const transferId = `${id('stolen')}:${next!.slice(0, 19)}Z`;
    expect((await post('/api/transfers', { ...terms, id: transferId, amount: '0.01' })).status).toBe(201);
    await vi.waitFor(async () => {
      const { pastRuns } = await read('stolen');
      expect(pastRuns.at(-1)).toMatchObject({
        transferId: null,
        status: 'rejected',
        refusal: { code: 'transfer-exists' },
      });
    }, until);
    await remove(id('stolen'));
    await isSound();
  });
});

describe('pausing, resuming, deleting', () => {
  test('what is due while an order is paused is not paid, not even later', async () => {
    await open('paused-payee', '0');
    await create('paused', { to: id('paused-payee'), every: '1s' });
    await vi.waitFor(async () => expect((await read('paused')).pastRuns.length).toBeGreaterThan(0), until);
    const paused = await pause('paused');
    expect(paused.status, paused.text).toBe(200);
    expect(paused.body).toMatchObject({ status: 'paused', reason: 'holiday', nextRuns: [] });
    expect((await scheduled('paused')).state).toMatchObject({ paused: true, note: 'holiday' });
    const from = Date.now();
    await new Promise((done) => setTimeout(done, 3_000));
    const to = Date.now();
    const resumed = await resume('paused');
    expect(resumed.body).toMatchObject({ status: 'active', reason: 'back' });
    expect(resumed.body.nextRuns).toHaveLength(5);
    expect((await scheduled('paused')).state.paused).toBe(false);
    await vi.waitFor(async () => {
      const { pastRuns } = await read('paused');
      expect(Date.parse(pastRuns[0]!.scheduledAt)).toBeGreaterThan(to + 1_000);
    }, until);
    await remove(id('paused'));
    const { items } = (await get(`/api/standing-orders/${id('paused')}/runs`)).body;
    const times = items.map((past) => Date.parse(past.scheduledAt));
    expect(times.filter((time) => time > from && time < to)).toEqual([]);
    await isSound();
  });

  test('what was due before a pause is paid, also when it comes late', async () => {
    await create('owed', { every: '1s' });
    const schedule = temporal.schedule.getHandle(`main/standing-order/${id('owed')}`);
    await schedule.pause('as if Temporal had been away');
    await new Promise((done) => setTimeout(done, 2_500));
    expect((await pause('owed')).status).toBe(200);
    const pausedAt = Date.now();
    await vi.waitFor(async () => {
      const { pastRuns } = await read('owed');
      expect(pastRuns.length).toBeGreaterThan(1);
      for (const past of pastRuns) {
        expect(past.status).toBe('completed');
        expect(Date.parse(past.scheduledAt)).toBeLessThan(pausedAt);
      }
    }, until);
    await remove(id('owed'));
  });

  test('a run due as its Schedule was made is paid, though its maker died right after', async () => {
    await create('gap', { every: '1h', overlap: 'skip' });
    const handle = temporal.schedule.getHandle(`main/standing-order/${id('gap')}`);
    const { action, policies } = await handle.describe();
    // An hour ago it was created, so that a run is due about now; nobody looks at it meanwhile.
    const anchor = Math.floor(Date.now() / 1_000) * 1_000 - 3_601_000;
    const order = [id('gap'), new Date(anchor)];
    const change = (set: string, values: unknown[]) =>
      house.pool.query(`update standing_orders set ${set} where order_id = $1`, values);
    await change(`created_at = $2, due_after = $2, check_after = now() + interval '1 hour'`, order);
    await handle.delete();
    await temporal.schedule.create({
      scheduleId: handle.scheduleId,
      spec: { intervals: [{ every: 3_600_000, offset: anchor % 3_600_000 }] },
      action: { ...action, args: [{ tenant: 'main', orderId: id('gap') }] },
      policies,
      memo: { asOf: new Date(anchor + 3_599_000).toISOString() },
    });
    await change('check_after = now()', [id('gap')]);
    await vi.waitFor(async () => {
      const due = new Date(anchor + 3_600_000).toISOString();
      expect((await read('gap')).pastRuns).toMatchObject([{ scheduledAt: due, status: 'completed' }]);
    }, until);
    await remove(id('gap'));
  });

  test('doing it again changes nothing', async () => {
    await create('twice', { cron: '0 9 1 1 *' });
    expect((await resume('twice')).body).toMatchObject({ status: 'active', reason: null });
    await pause('twice');
    const again = await post(`/api/standing-orders/${id('twice')}/pause`, { reason: 'another' });
    expect(again.body).toMatchObject({ status: 'paused', reason: 'holiday' });
  });

  test('a key gives the first answer again, also when the order went on since', async () => {
    await create('pause-key', { cron: '0 9 1 1 *' });
    const headers = { 'idempotency-key': id('pause') };
    const first = await pause('pause-key', headers);
    await resume('pause-key');
    const again = await pause('pause-key', headers);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await read('pause-key')).status).toBe('active');
    const other = await post(`/api/standing-orders/${id('pause-key')}/pause`, { reason: 'another' }, headers);
    expect(code(other)).toEqual([422, 'idempotency-key-reused']);
  });

  test('a deleted order has no Schedule, stays readable, and can be deleted again but not changed', async () => {
    await create('deleted', { every: '1s' });
    await vi.waitFor(async () => expect((await read('deleted')).pastRuns.length).toBeGreaterThan(0), until);
    const headers = { 'idempotency-key': id('delete') };
    expect((await remove(id('deleted'), headers)).status).toBe(204);
    await expect(scheduled('deleted')).rejects.toThrow(/not found/i);
    const again = await remove(id('deleted'), headers);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([204, 'true']);
    expect((await remove(id('deleted'))).status).toBe(204);
    const order = await read('deleted');
    expect(order).toMatchObject({ status: 'deleted', nextRuns: [] });
    expect(order.pastRuns.length).toBeGreaterThan(0);
    expect(code(await pause('deleted'))).toEqual([409, 'standing-order-final']);
    expect(code(await create('deleted', { every: '1h' }))).toEqual([409, 'standing-order-exists']);
  });

  test('unknown orders are not found, and a reason is needed', async () => {
    expect(code(await get('/api/standing-orders/nobody'))).toEqual([404, 'not-found']);
    expect(code(await get('/api/standing-orders/nobody/runs'))).toEqual([404, 'not-found']);
    expect(code(await remove('nobody'))).toEqual([404, 'not-found']);
    expect(code(await pause('nobody'))).toEqual([404, 'not-found']);
    expect(code(await resume('nobody'))).toEqual([404, 'not-found']);
    await create('reason', { cron: '0 9 1 1 *' });
    const without = await post(`/api/standing-orders/${id('reason')}/pause`, {});
    expect(code(without)).toEqual([400, 'validation']);
  });
});

describe('the list', () => {
  test('filters by account and status, page by page', async () => {
    await open('lister', '0');
    for (const name of ['list-a', 'list-b', 'list-c']) {
      expect((await create(name, { from: id('lister'), cron: '0 9 1 1 *' })).status).toBe(201);
    }
    await pause('list-b');
    const path = `/api/standing-orders?accountId=${id('lister')}`;
    const ids = async (query: string) => (await get(path + query)).body.items.map((order) => order.id);
    expect(await ids('')).toEqual(['list-a', 'list-b', 'list-c'].map(id));
    expect(await ids('&status=paused')).toEqual([id('list-b')]);
    const first = (await get(`${path}&status=active&limit=1`)).body;
    expect(first.items.map((order) => order.id)).toEqual([id('list-a')]);
    const second = (await get(`/api/standing-orders?limit=1&cursor=${first.nextCursor}`)).body;
    expect([second.items.map((order) => order.id), second.nextCursor]).toEqual([[id('list-c')], null]);
    expect(code(await get(`${path}&status=gone`))).toEqual([400, 'validation']);
    expect(code(await get(`${path}&overlap=skip`))).toEqual([400, 'validation']);
  });
});
