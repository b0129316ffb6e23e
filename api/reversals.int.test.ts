import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

// Houses share one Temporal namespace and the tenant: ids must differ between files and runs.
const run = uuidv7().slice(-8);
const at = (name: string) => `${name}-${run}`;

let house: House;
beforeAll(async () => {
  house = await createHouse({ FEE_PER_MILLE: '10', APPROVAL_THRESHOLDS: 'EUR:500.00' });
  await open('a', '1000.00');
  await open('b');
});
afterAll(() => house.close());

const get = (path: string) => ask(house, 'GET', path);
const post = (path: string, body: object, key?: string) =>
  ask(house, 'POST', path, body, key === undefined ? {} : { 'idempotency-key': key });
const reverse = (id: string, body: object = {}, key?: string) =>
  post(`/api/transfers/${at(id)}/reverse`, body, key);
const read = async (id: string) => (await get(`/api/transfers/${at(id)}`)).body;
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

async function pay(id: string, amount: string, from = 'a', to = 'b', more: object = {}) {
  const body = { id: at(id), from: at(from), to: at(to), amount, currency: 'EUR', ...more };
  const paid = await post('/api/transfers', body);
  expect(paid.status, paid.text).toBe(201);
  return paid;
}

const soundly = () =>
  vi.waitFor(
    async () => {
      const { status, body, text } = await get('/api/integrity');
      expect([status, body.ok], text).toEqual([200, true]);
    },
    { timeout: 40_000, interval: 500 },
  );

describe('a reversal', () => {
  test('takes all back that is left, links to the original, and costs nothing', async () => {
    await pay('t1', '100.00');
    const part = await reverse('t1', { id: at('t1-part'), amount: '30.00', description: 'Too much' });
    expect(part.status, part.text).toBe(201);
    expect(part.headers.get('location')).toBe(`/api/transfers/${at('t1-part')}`);
    expect(part.body).toMatchObject({
      from: at('b'),
      to: at('a'),
      amount: '30.00',
      fee: '0.00',
      status: 'completed',
      reverses: at('t1'),
      description: 'Too much',
    });
    expect(await read('t1')).toMatchObject({ status: 'completed', reversed: '30.00' });
    const rest = await reverse('t1', {}, at('t1-rest'));
    expect([rest.status, rest.body.amount]).toEqual([201, '70.00']);
    const again = await reverse('t1', {}, at('t1-rest'));
    expect([again.status, again.text]).toEqual([201, rest.text]);
    const other = await reverse('t1', { amount: '1.00' }, at('t1-rest'));
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
    for (const body of [{}, { amount: '0.01' }]) {
      const beyond = await reverse('t1', body);
      expect([beyond.status, beyond.body.code]).toEqual([422, 'reversal-exceeds-original']);
    }
    await holds('a', '999.00');
    await soundly();
  });

  test('leaves the answer to a repeat of the original as it was', async () => {
    const body = { id: at('t0'), from: at('a'), to: at('b'), amount: '1.00', currency: 'EUR' };
    const first = await post('/api/transfers', body, at('t0-key'));
    expect((await reverse('t0')).status).toBe(201);
    const again = await post('/api/transfers', body, at('t0-key'));
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(await read('t0')).toMatchObject({ reversed: '1.00' });
  });

  test('can be reversed itself', async () => {
    await pay('t2', '50.00');
    const back = await reverse('t2', { id: at('t2-back') });
    const forth = await reverse('t2-back', { id: at('t2-forth') });
    expect([back.status, forth.status], forth.text).toEqual([201, 201]);
    expect(forth.body).toMatchObject({ from: at('a'), to: at('b'), reverses: at('t2-back') });
    expect(await read('t2-back')).toMatchObject({ reversed: '50.00' });
    await reverse('t2-forth');
    await soundly();
  });

  test('of an unknown transfer is 404, of one that did not complete 422', async () => {
    const unknown = await reverse('nobody');
    expect([unknown.status, unknown.body.code]).toEqual([404, 'not-found']);
    const refused = { id: at('t3'), from: at('a'), to: at('nobody'), amount: '1.00', currency: 'EUR' };
    expect((await post('/api/transfers', refused)).status).toBe(422);
    const never = await reverse('t3');
    expect([never.status, never.body.code]).toEqual([422, 'reversal-exceeds-original']);
    const wrong = await reverse('t2', { amount: '1.001' });
    expect([wrong.status, wrong.body.errors[0]?.pointer]).toEqual([400, '/amount']);
  });

  test('that cannot be paid is refused and counts nothing', async () => {
    await open('c');
    await pay('t4', '20.00', 'a', 'c');
    await post(`/api/accounts/${at('c')}/withdrawals`, { amount: '15.00', currency: 'EUR' });
    const poor = await reverse('t4');
    expect([poor.status, poor.body.code]).toEqual([422, 'insufficient-funds']);
    expect(await read('t4')).toMatchObject({ reversed: '0.00' });
    expect((await reverse('t4', { amount: '5.00' })).status).toBe(201);
    expect(await read('t4')).toMatchObject({ reversed: '5.00' });
  });

  test('that is refunded gives back what it took of the original', async () => {
    await open('d', '20.20');
    await pay('t5', '20.00', 'd', 'b');
    await post(`/api/accounts/${at('d')}/close`, { reason: 'test' });
    const refunded = await reverse('t5', { id: at('t5-back') });
    expect([refunded.status, refunded.body.code, refunded.body.transferStatus]).toEqual([
      422,
      'account-closed',
      'refunded',
    ]);
    expect(await read('t5')).toMatchObject({ status: 'completed', reversed: '0.00' });
    await soundly();
  });

  test('never exceeds the original together with others, however many come at once', async () => {
    await pay('t6', '100.00');
    const answers = await Promise.all(Array.from({ length: 20 }, () => reverse('t6', { amount: '15.00' })));
    const codes = answers.map(({ status, body }) => (status === 201 ? 201 : body.code)).sort();
    expect(codes).toEqual([...Array(6).fill(201), ...Array(14).fill('reversal-exceeds-original')]);
    expect(await read('t6')).toMatchObject({ reversed: '90.00' });
    const racing = await Promise.all(Array.from({ length: 5 }, () => reverse('t6')));
    expect(racing.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await read('t6')).toMatchObject({ reversed: '100.00' });
    await soundly();
  });
});

describe('a quoted transfer', () => {
  const quote = async (id: string, amount: string, from = 'EUR', to = 'USD') => {
    const made = await post('/api/quotes', { id: at(id), from, to, amount });
    expect(made.status, made.text).toBe(201);
  };
  beforeAll(async () => {
    await open('usd', undefined, 'USD');
    await ask(house, 'PUT', '/api/rates/EUR-USD', { rate: '1.1111' });
  });

  test('pays the destination what the quote says, once', async () => {
    await quote('q1', '10.00');
    const body = { from: at('a'), to: at('usd'), amount: '10.00', currency: 'EUR', quoteId: at('q1') };
    const dry = await post('/api/transfers', { ...body, dryRun: true }, at('x1'));
    expect([dry.status, dry.text], dry.text).toEqual([200, expect.any(String)]);
    expect(dry.body).toMatchObject({
      wouldComplete: true,
      refusal: null,
      waits: null,
      fee: '0.10',
      exchange: { rate: '1.1111', amount: '11.11', currency: 'USD' },
    });
    const paid = await post('/api/transfers', { ...body, id: at('x1') }, at('x1'));
    expect(paid.status, paid.text).toBe(201);
    expect(paid.body).toMatchObject({
      exchange: { quoteId: at('q1'), rate: '1.1111', amount: '11.11', currency: 'USD' },
    });
    await holds('usd', '11.11');
    const used = await post('/api/transfers', body);
    expect([used.status, used.body.code]).toEqual([422, 'quote-used']);
    const tried = await post('/api/transfers', { ...body, dryRun: true });
    expect(tried.status, tried.text).toBe(200);
    expect(tried.body).toMatchObject({ wouldComplete: false, refusal: { code: 'quote-used' } });
    await house.pool.query("update quotes set expires_at = now() - interval '1 hour'");
    const again = await post('/api/transfers', { ...body, id: at('x1') }, at('x1'));
    expect([again.status, again.text]).toEqual([201, paid.text]);
    const without = await post('/api/transfers', { ...body, id: at('x1'), quoteId: undefined }, at('x1'));
    expect([without.status, without.body.code]).toEqual([422, 'idempotency-key-reused']);
    await soundly();
  });

  test('is refused where the quote is unknown, expired or of something else', async () => {
    await quote('q2', '10.00');
    const body = { from: at('a'), to: at('usd'), amount: '10.00', currency: 'EUR', quoteId: at('q2') };
    const code = async (more: object) => {
      const { status, body: problem } = await post('/api/transfers', { ...body, ...more });
      return [status, problem.code];
    };
    expect(await code({ quoteId: at('nothing') })).toEqual([422, 'quote-not-found']);
    expect(await code({ amount: '10.01' })).toEqual([422, 'quote-mismatch']);
    expect(await code({ currency: 'USD' })).toEqual([422, 'quote-mismatch']);
    expect(await code({ to: at('b') })).toEqual([422, 'currency-mismatch']);
    await quote('q3', '10.00');
    await house.pool.query("update quotes set expires_at = now() - interval '1 hour'");
    expect(await code({ quoteId: at('q3') })).toEqual([422, 'quote-expired']);
  });

  test('of many at once with one quote one is made', async () => {
    await quote('q4', '1.00');
    const body = { from: at('a'), to: at('usd'), amount: '1.00', currency: 'EUR', quoteId: at('q4') };
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('/api/transfers', body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422, 422, 422]);
  });

  test('is reversed by the same rate: in parts never more than came, and all of it for the whole', async () => {
    await quote('q5', '10.00');
    await pay('x5', '10.00', 'a', 'usd', { quoteId: at('q5') });
    const part = await reverse('x5', { amount: '3.33' });
    expect(part.status, part.text).toBe(201);
    expect(part.body).toMatchObject({
      amount: '3.69',
      currency: 'USD',
      exchange: { quoteId: at('q5'), amount: '3.33', currency: 'EUR' },
    });
    expect(await read('x5')).toMatchObject({ reversed: '3.33' });
    await quote('q6', '10.00');
    await pay('x6', '10.00', 'a', 'usd', { quoteId: at('q6') });
    expect((await reverse('x6')).body).toMatchObject({ amount: '11.11', currency: 'USD' });
    await soundly();
  });

  test('takes nothing back that is worth nothing', async () => {
    await open('yen', undefined, 'JPY');
    await ask(house, 'PUT', '/api/rates/EUR-JPY', { rate: '1' });
    await quote('q7', '1.00', 'EUR', 'JPY');
    await pay('x7', '1.00', 'a', 'yen', { quoteId: at('q7') });
    const nothing = await reverse('x7', { amount: '0.50' });
    expect([nothing.status, nothing.body.code]).toEqual([422, 'amount-too-small']);
  });
});

describe('a dry run', () => {
  const dry = (more: object) =>
    post('/api/transfers', {
      from: at('a'),
      to: at('b'),
      amount: '1.00',
      currency: 'EUR',
      dryRun: true,
      ...more,
    });
  const rows = async () =>
    (await house.pool.query('select (select count(*) from commands) + (select count(*) from events) as n'))
      .rows[0];

  test('tells what would happen on both sides and leaves no trace', async () => {
    await open('shut');
    await post(`/api/accounts/${at('shut')}/freeze`, { reason: 'test' });
    const before = await rows();
    const tells = async (more: object) => {
      const answer = await dry(more);
      expect(answer.status, answer.text).toBe(200);
      const { refusal, waits, wouldComplete } = answer.body as unknown as {
        refusal: { code: string } | null;
        waits: string | null;
        wouldComplete: boolean;
      };
      return [wouldComplete, refusal?.code ?? null, waits];
    };
    expect(await tells({})).toEqual([true, null, null]);
    expect(await tells({ to: at('a') })).toEqual([false, 'same-account', null]);
    expect(await tells({ from: at('nobody') })).toEqual([false, 'account-not-found', null]);
    expect(await tells({ to: at('shut') })).toEqual([false, 'account-frozen', null]);
    expect(await tells({ to: at('usd') })).toEqual([false, 'currency-mismatch', null]);
    expect(await tells({ amount: '99999.00' })).toEqual([false, 'insufficient-funds', null]);
    expect(await tells({ id: at('t1') })).toEqual([false, 'transfer-exists', null]);
    expect(await tells({ amount: '500.01' })).toEqual([true, null, 'approval']);
    const executeAt = new Date(Date.now() + 60_000).toISOString();
    expect(await tells({ executeAt })).toEqual([true, null, 'schedule']);
    expect(await tells({ executeAt: '2020-01-01T00:00:00Z' })).toEqual([true, null, null]);
    expect(await rows()).toEqual(before);
  });
});
