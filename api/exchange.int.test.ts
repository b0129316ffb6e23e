import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../domain/ids.ts';
import { readQuote } from '../sql/quotes.ts';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

let house: House;
beforeAll(async () => {
  house = await createHouse({ QUOTE_TTL_MS: '45000' });
});
afterAll(() => house.close());

const get = (path: string) => ask(house, 'GET', path);
const keyed = (key?: string) => (key === undefined ? {} : { 'idempotency-key': key });
const post = (body: object, key?: string) => ask(house, 'POST', '/api/quotes', body, keyed(key));
const put = (pair: string, rate: string, key?: string) =>
  ask(house, 'PUT', `/api/rates/${pair}`, { rate }, keyed(key));
const history = async (from: string, to: string) => {
  const { rows } = await house.pool.query(
    `select version, trim_scale(rate) as rate from rate_history where from_currency = $1 and to_currency = $2
     order by version`,
    [from, to],
  );
  return rows;
};

describe('rates', () => {
  test('a rate is set, read under both names of its pair, and set again', async () => {
    const set = await ask(house, 'PUT', '/api/rates/GBP-USD', { rate: '1.2500' }, { prefer: 'wait=5' });
    expect(set.status, set.text).toBe(200);
    expect(set.headers.get('preference-applied')).toBe('wait=5');
    expect(set.body).toEqual({
      pair: 'GBP-USD',
      from: 'GBP',
      to: 'USD',
      rate: '1.25',
      updatedAt: expect.any(String),
    });
    expect((await get('/api/rates/GBP-USD')).body).toEqual(set.body);
    expect((await get('/api/rates/GBPUSD')).body).toEqual(set.body);
    expect((await put('GBPUSD', '9999999999.0000000001')).body).toMatchObject({ pair: 'GBP-USD' });
    expect((await get('/api/rates/GBP-USD')).body).toMatchObject({ rate: '9999999999.0000000001' });
    expect(await history('GBP', 'USD')).toEqual([
      { version: 1, rate: '1.25' },
      { version: 2, rate: '9999999999.0000000001' },
    ]);
  });

  test('each direction is a rate of its own; the one that was never set is 404', async () => {
    await put('CHF-EUR', '1.05');
    const missing = await get('/api/rates/EUR-CHF');
    expect([missing.status, missing.body.code]).toEqual([404, 'rate-not-found']);
  });

  test('the rate that counted at a time is read; before the first there is none', async () => {
    const first = (await put('NZD-AUD', '0.9')).body as unknown as { updatedAt: string };
    const moved = (at: string, ms: number) => new Date(Date.parse(at) + ms).toISOString();
    // Two rates within one millisecond are told apart by their numbers: the later one counted.
    let second = first;
    while (second.updatedAt === first.updatedAt) {
      second = (await put('NZD-AUD', '0.91')).body as unknown as { updatedAt: string };
    }
    const at = (instant: string) => get(`/api/rates/NZDAUD?at=${instant}`);
    expect((await at(second.updatedAt)).body).toEqual(second);
    expect((await at('2999-01-01T00:00:00Z')).body).toEqual(second);
    expect((await at(first.updatedAt)).body).toMatchObject({ updatedAt: first.updatedAt });
    const before = await at(moved(first.updatedAt, -1));
    expect([before.status, before.body.code]).toEqual([404, 'rate-not-found']);
    expect((await at('yesterday')).status).toBe(400);
  });

  test('they are listed by pair, by pages', async () => {
    for (const pair of ['AED-AFN', 'AED-ALL', 'AFN-AED']) await put(pair, '2');
    const first = (await get('/api/rates?limit=2')).body;
    expect(first.items).toMatchObject([{ pair: 'AED-AFN' }, { pair: 'AED-ALL' }]);
    const second = (await get(`/api/rates?limit=1&cursor=${first.nextCursor}`)).body;
    expect(second.items).toMatchObject([{ pair: 'AFN-AED' }]);
    expect((await get('/api/rates?cursor=abc')).status).toBe(400);
  });

  test('a key gives its first answer again, although the rate was set since, and fits no other wish', async () => {
    const first = await put('SEK-NOK', '1.0', 'r1');
    await put('SEK-NOK', '1.1');
    const again = await put('SEKNOK', '1.00', 'r1');
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([
      200,
      first.text,
      'true',
    ]);
    expect((await get('/api/rates/SEK-NOK')).body).toMatchObject({ rate: '1.1' });
    for (const other of [await put('SEK-NOK', '1.2', 'r1'), await put('SEK-DKK', '1.0', 'r1')]) {
      expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
    }
    expect(await history('SEK', 'NOK')).toHaveLength(2);
  });

  test('many at once follow one another, and the last of them counts', async () => {
    const rates = Array.from({ length: 12 }, (_, index) => `${index + 1}`);
    const answers = await Promise.all(rates.map((rate) => put('PLN-CZK', rate)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const set = await history('PLN', 'CZK');
    expect(set.map(({ version }) => version)).toEqual(rates.map(Number));
    expect(set.map(({ rate }) => Number(rate)).sort((a, b) => a - b)).toEqual(rates.map(Number));
    expect((await get('/api/rates/PLN-CZK')).body).toMatchObject({ rate: set.at(-1)?.rate });
  });
});

describe('quotes', () => {
  const wish = { from: 'EUR', to: 'JPY', amount: '10.00' };
  beforeAll(async () => {
    await put('EUR-JPY', '161.55');
  });

  test('a quote converts the amount, rounded down, and holds the rate for its time', async () => {
    const made = await post({ id: 'q1', ...wish });
    expect(made.status, made.text).toBe(201);
    expect(made.headers.get('location')).toBe('/api/quotes/q1');
    expect(made.body).toMatchObject({
      id: 'q1',
      rate: '161.55',
      amounts: { from: { amount: '10.00', currency: 'EUR' }, to: { amount: '1615', currency: 'JPY' } },
    });
    const { createdAt, expiresAt } = made.body as unknown as { createdAt: string; expiresAt: string };
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(45_000);
    await put('EUR-JPY', '161.55');
    expect((await get('/api/quotes/q1')).body).toEqual(made.body);
    expect(await readQuote(house.pool, 'main' as Tenant, 'q1')).toEqual({
      quoteId: 'q1',
      from: 'EUR',
      to: 'JPY',
      rate: '161.55',
      fromMinor: 1000n,
      toMinor: 1615n,
      createdAt,
      expiresAt,
    });
    expect((await get('/api/quotes/none')).status).toBe(404);
  });

  test('no rate, no worth and too much are refused, and burn no key', async () => {
    await put('EUR-BHD', '0.0000000001');
    await put('JPY-UYW', '9999999999');
    const refused = [
      [await post({ from: 'JPY', to: 'EUR', amount: '10' }, 'q-none'), 'rate-not-found'],
      [await post({ from: 'EUR', to: 'BHD', amount: '0.01' }), 'amount-too-small'],
      [await post({ from: 'JPY', to: 'UYW', amount: '999999999999999999' }), 'limit-exceeded'],
    ] as const;
    for (const [answer, code] of refused) expect([answer.status, answer.body.code]).toEqual([422, code]);
    await put('JPY-EUR', '0.0062');
    expect((await post({ from: 'JPY', to: 'EUR', amount: '10' }, 'q-none')).status).toBe(201);
  });

  test('a key gives one quote, to many at once, whatever the rate is by then', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(wish, 'q-many')));
    await put('EUR-JPY', '170');
    answers.push(await post({ ...wish, amount: '10' }, 'q-many'));
    await put('EUR-JPY', '161.55');
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    expect(replayed).toHaveLength(8);
    const reused = await post({ ...wish, amount: '11' }, 'q-many');
    expect([reused.status, reused.body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  test('an id that is taken is 409, and of many at once one is made', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => post({ ...wish, id: 'q-one', amount: `${index + 1}` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('quote-exists');
  });
});
