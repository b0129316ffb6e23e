import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAmount } from '../domain/money.ts';
import { type Answer, ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';

const run = Date.now().toString(36);
const id = (name: string) => `${name}-${run}`;
let house: House;
beforeAll(async () => {
  house = await createHouse();
});
afterAll(() => house?.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  ask(house, 'GET', path, undefined, headers);
const post = (path: string, body: object) => ask(house, 'POST', path, body);

async function open(accountId: string, initialDeposit = '100.00'): Promise<void> {
  const answer = await post('/api/accounts', { id: accountId, currency: 'EUR', initialDeposit });
  expect(answer.status, answer.text).toBe(201);
}
async function deposit(accountId: string, amount: string, description?: string): Promise<Answer['body']> {
  const answer = await post(`/api/accounts/${accountId}/deposits`, { amount, currency: 'EUR', description });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
}
const pay = (transferId: string, from: string, to: string, amount: string) =>
  post('/api/transfers', { id: transferId, from, to, amount, currency: 'EUR' });

function minor(text: string): bigint {
  const sign = text.startsWith('-') ? -1n : 1n;
  const parsed = parseAmount(text.replace('-', ''), 'EUR', { allowZero: true });
  if (!parsed.ok) throw new Error(parsed.message);
  return sign * parsed.amountMinor;
}

type Row = {
  amount: string;
  openingBalance: string;
  closingBalance: string;
  version: number;
  occurredAt: string;
};
type Statement = {
  accountId: string;
  from: string;
  to: string;
  openingBalance: string;
  closingBalance: string;
  totalIn: string;
  totalOut: string;
  items: Row[];
  nextCursor: string | null;
};
const statementOf = (answer: Answer): Statement => JSON.parse(answer.text);
const pointerOf = (answer: Answer) => [answer.status, answer.body.errors?.[0]?.pointer];

describe('an account as it was', () => {
  const accountId = id('past');
  let versions: { version: number; occurredAt: string; balance: string }[];
  beforeAll(async () => {
    await open(accountId, '10.00');
    await open(id('other'));
    await deposit(accountId, '5.00');
    await post(`/api/accounts/${accountId}/freeze`, { reason: 'test' });
    await post(`/api/accounts/${accountId}/unfreeze`, { reason: 'test' });
    expect((await pay(id('past-out'), accountId, id('other'), '3.00')).status).toBe(201);
    const { items } = (await get(`/api/accounts/${accountId}/events`)).body;
    const balances = ['0.00', '10.00', '15.00', '15.00', '15.00', '12.00'];
    versions = items.map(({ version, occurredAt }, index) => ({
      version,
      occurredAt,
      balance: balances[index] ?? 'none',
    }));
    expect(versions).toHaveLength(6);
  });

  test('at every version it is what its events make it, with the place of that version', async () => {
    for (const { version, occurredAt, balance } of versions) {
      const answer = await get(`/api/accounts/${accountId}?version=${version}`);
      expect(answer.body).toMatchObject({ balance, available: balance, version, asOf: occurredAt });
      expect(answer.body.status).toBe(version === 4 ? 'frozen' : 'open');
      expect(answer.body).toMatchObject({ createdAt: versions[0]?.occurredAt });
      expect(answer.headers.get('etag')).toBe(`"${version}"`);
      const again = await get(`/api/accounts/${accountId}?version=${version}`, {
        'if-none-match': `"${version}"`,
      });
      expect(again.status).toBe(304);
    }
  });

  test('positions are those of the log, and the last version is what a read of today answers', async () => {
    const now = await get(`/api/accounts/${accountId}?minVersion=6`);
    const last = await get(`/api/accounts/${accountId}?version=6`);
    expect(last.body).toEqual(now.body);
    const { items } = (await get(`/api/accounts/${accountId}/events`)).body;
    for (const event of items) {
      const { body } = await get(`/api/accounts/${accountId}?version=${event.version}`);
      expect(body.position).toBe(event.position);
    }
  });

  test('at an instant it stands at the last version that was decided by then', async () => {
    for (const { occurredAt } of versions) {
      const last = versions.filter((one) => one.occurredAt <= occurredAt).at(-1);
      const { body } = await get(`/api/accounts/${accountId}?at=${occurredAt}`);
      expect(body).toMatchObject({ version: last?.version, balance: last?.balance });
    }
    const future = await get(`/api/accounts/${accountId}?at=2999-01-01T00:00:00%2B02:00`);
    expect(future.body).toMatchObject({ version: 6, balance: '12.00' });
  });

  test('a finer instant is rounded down: what was decided in the next millisecond is not in it', async () => {
    const openedAt = versions[0]?.occurredAt ?? '';
    const before = new Date(Date.parse(openedAt) - 1).toISOString().replace('Z', '9Z');
    expect((await get(`/api/accounts/${accountId}?at=${before}`)).status).toBe(404);
  });

  test('before it was opened it is 404, and the problem says when that was', async () => {
    const answer = await get(`/api/accounts/${accountId}?at=2020-01-01T00:00:00Z`);
    expect(answer.body).toMatchObject({ status: 404, code: 'account-not-found' });
    expect(answer.text).toContain(versions[0]?.occurredAt);
  });

  test('an unknown account is 404, a version above the head 409', async () => {
    for (const query of ['version=1', 'at=2026-01-01T00:00:00Z']) {
      const answer = await get(`/api/accounts/${id('nobody')}?${query}`);
      expect(answer.body).toMatchObject({ status: 404, code: 'account-not-found' });
    }
    expect((await get(`/api/accounts/${accountId}?version=7`)).body).toMatchObject({
      status: 409,
      code: 'version-ahead',
    });
  });

  test.each([
    ['version=0', '/query/version'],
    ['version=-1', '/query/version'],
    ['version=1.5', '/query/version'],
    ['version=9999999999', '/query/version'],
    ['version=', '/query/version'],
    ['at=yesterday', '/query/at'],
    ['at=2026-01-01', '/query/at'],
    ['at=', '/query/at'],
    ['since=1', '/query/since'],
  ])('%s is refused by its field', async (query, pointer) => {
    const answer = await get(`/api/accounts/${accountId}?${query}`);
    expect([answer.status, answer.body.errors.map((error) => error.pointer)]).toEqual([400, [pointer]]);
  });

  test.each([
    ['at=2026-01-01T00:00:00Z&version=1', '/query/at'],
    ['minVersion=1&version=1', '/query/version'],
    ['minVersion=1&at=2026-01-01T00:00:00Z', '/query/at'],
  ])('%s do not go together', async (query, pointer) => {
    const answer = await get(`/api/accounts/${accountId}?${query}`);
    expect([answer.status, answer.body.errors.map((error) => error.pointer)]).toEqual([422, [pointer]]);
  });
});

describe('statements', () => {
  const accountId = id('statement');
  let rows: Row[];
  beforeAll(async () => {
    await open(accountId, '100.00');
    for (const amount of ['1.00', '2.00', '3.00']) await deposit(accountId, amount);
    const { body } = await post(`/api/accounts/${accountId}/withdrawals`, {
      amount: '4.50',
      currency: 'EUR',
    });
    const whole = await get(`/api/accounts/${accountId}/statement?minVersion=${body.version}`);
    expect(whole.status, whole.text).toBe(200);
    rows = statementOf(whole).items;
  });

  test('without a period it runs from the opening until now', async () => {
    const answer = await get(`/api/accounts/${accountId}/statement`);
    const account = await get(`/api/accounts/${accountId}`);
    expect(statementOf(answer)).toMatchObject({
      accountId,
      currency: 'EUR',
      openingBalance: '0.00',
      closingBalance: '101.50',
      totalIn: '106.00',
      totalOut: '4.50',
      nextCursor: null,
    });
    expect(account.body).toMatchObject({ createdAt: statementOf(answer).from });
    expect(rows.map((row) => row.amount)).toEqual(['100.00', '1.00', '2.00', '3.00', '-4.50']);
    const { from, to } = statementOf(answer);
    const again = await get(`/api/accounts/${accountId}/statement?from=${from}&to=${to}`);
    expect(again.body).toEqual(answer.body);
  });

  test('from counts and to does not; adjoining statements share nothing and miss nothing', async () => {
    const at = rows.at(-1)?.occurredAt ?? '';
    const until = statementOf(await get(`/api/accounts/${accountId}/statement?to=${at}`));
    const since = statementOf(await get(`/api/accounts/${accountId}/statement?from=${at}`));
    expect([...until.items, ...since.items]).toEqual(rows);
    expect(since.items.map((row) => row.amount)).toContain('-4.50');
    expect(until.items.map((row) => row.amount)).not.toContain('-4.50');
    expect(until.closingBalance).toBe(since.openingBalance);
    const past = await get(`/api/accounts/${accountId}?at=${new Date(Date.parse(at) - 1).toISOString()}`);
    expect(until.closingBalance).toBe(past.body.balance);
  });

  test('an empty period opens and closes with the same balance', async () => {
    const { occurredAt } = rows.at(-1) ?? { occurredAt: '' };
    const after = new Date(Date.parse(occurredAt) + 1).toISOString();
    const empty = { totalIn: '0.00', totalOut: '0.00', items: [], nextCursor: null };
    for (const query of [`from=${after}`, `from=2999-01-01T00:00:00Z`, `from=${after}&to=${after}`]) {
      const answer = await get(`/api/accounts/${accountId}/statement?${query}`);
      expect(answer.body).toMatchObject({ ...empty, openingBalance: '101.50', closingBalance: '101.50' });
    }
    const before = await get(`/api/accounts/${accountId}/statement?to=2020-01-01T00:00:00Z`);
    expect(before.body).toMatchObject({ ...empty, openingBalance: '0.00', closingBalance: '0.00' });
    const { from, to } = statementOf(before);
    expect([from, to]).toEqual(['2020-01-01T00:00:00.000Z', '2020-01-01T00:00:00.000Z']);
  });

  test('pages are of one instant while transfers run, and add up', async () => {
    await open(id('drain'), '0');
    const first = statementOf(await get(`/api/accounts/${accountId}/statement?limit=1`));
    const items = [...first.items];
    let cursor = first.nextCursor;
    for (let page = 0; cursor !== null; page += 1) {
      const paid = await pay(id(`drain-${page}`), accountId, id('drain'), '0.01');
      expect(paid.status, paid.text).toBe(201);
      const answer = await get(`/api/accounts/${accountId}/statement?limit=2&cursor=${cursor}`);
      const { openingBalance, closingBalance, from, to, totalIn, totalOut } = statementOf(answer);
      const { items: _, nextCursor: __, ...head } = first;
      expect(head).toMatchObject({ openingBalance, closingBalance, from, to, totalIn, totalOut });
      items.push(...statementOf(answer).items);
      cursor = statementOf(answer).nextCursor;
    }
    expect(items).toEqual(rows);
    const sum = items.reduce((total, row) => total + minor(row.amount), minor(first.openingBalance));
    expect(sum).toBe(minor(first.closingBalance));
  });

  test('a statement under fire: opening, rows and closing always agree', async () => {
    const [one, other] = [id('fire-a'), id('fire-b')];
    await Promise.all([open(one), open(other)]);
    const writers = Array.from({ length: 12 }, (_, n) =>
      n % 2 === 0 ? pay(id(`fire-${n}`), one, other, '1.00') : pay(id(`fire-${n}`), other, one, '2.00'),
    );
    let running = true;
    const written = Promise.all(writers).finally(() => {
      running = false;
    });
    do {
      const { openingBalance, closingBalance, totalIn, totalOut, items } = statementOf(
        await get(`/api/accounts/${one}/statement?limit=200`),
      );
      const sum = items.reduce((total, row) => total + minor(row.amount), minor(openingBalance));
      expect(sum).toBe(minor(closingBalance));
      expect(minor(openingBalance) + minor(totalIn) - minor(totalOut)).toBe(minor(closingBalance));
      items.forEach((row, n) => {
        expect(row.openingBalance).toBe(items[n - 1]?.closingBalance ?? openingBalance);
      });
    } while (running);
    expect((await written).map(({ status }) => status)).toEqual(Array(12).fill(201));
  });

  test('minVersion is waited for, and one above the head is 409', async () => {
    const { version } = await deposit(accountId, '0.01');
    const answer = await get(`/api/accounts/${accountId}/statement?minVersion=${version}&limit=200`);
    expect(answer.body.items.at(-1)?.version).toBe(version);
    const ahead = await get(`/api/accounts/${accountId}/statement?minVersion=9999`);
    expect([ahead.status, ahead.body.code]).toEqual([409, 'version-ahead']);
  });

  test('what is malformed is refused by its field', async () => {
    const path = `/api/accounts/${accountId}/statement`;
    expect(pointerOf(await get(`${path}?from=today`))).toEqual([400, '/query/from']);
    expect(pointerOf(await get(`${path}?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z`))).toEqual([
      422,
      '/query/to',
    ]);
    expect(pointerOf(await get(`${path}?limit=0`))).toEqual([400, '/query/limit']);
    expect(pointerOf(await get(`${path}?cursor=x`))).toEqual([400, '/query/cursor']);
    expect(pointerOf(await get(`${path}?format=csv`))).toEqual([400, '/query/format']);
    const { nextCursor } = (await get(`${path}?limit=1`)).body;
    expect(pointerOf(await get(`${path}?cursor=${nextCursor}&from=2020-01-01T00:00:00Z`))).toEqual([
      422,
      '/query/from',
    ]);
    const another = `/api/accounts/${id('drain')}/statement?cursor=${nextCursor}`;
    expect(pointerOf(await get(another))).toEqual([422, '/query/accountId']);
    const csv = await get(`${path}?cursor=${nextCursor}`, { accept: 'text/csv' });
    expect(pointerOf(csv)).toEqual([422, '/query/cursor']);
    const missing = await get(`/api/accounts/${id('nobody')}/statement`);
    expect([missing.status, missing.body.code]).toEqual([404, 'account-not-found']);
  });

  test('as CSV it is a file of every row, with formulas made harmless', async () => {
    const csvAccount = id('csv');
    await open(csvAccount, '1.00');
    const texts = [
      '=HYPERLINK("http://evil")',
      '+1',
      '-1',
      '@sum',
      'plain, "quoted"\nand broken',
      "it's 1-1",
    ];
    let version = 0;
    for (const text of texts) version = (await deposit(csvAccount, '1.00', text)).version;
    await get(`/api/accounts/${csvAccount}?minVersion=${version}`);
    const response = await house.app.request(`/api/accounts/${csvAccount}/statement`, {
      headers: { accept: 'text/csv' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="statement-${csvAccount}.csv"`,
    );
    expect(response.headers.get('vary')).toContain('Accept');
    const text = await response.text();
    expect(text.split('\r\n')[0]).toBe(
      'date,type,id,transferId,counterpartyId,description,amount,balance,currency,version',
    );
    expect(text).toContain(`,"'=HYPERLINK(""http://evil"")",1.00,2.00,EUR,3\r\n`);
    expect(text).toContain(`,'+1,1.00,3.00,EUR,4\r\n`);
    expect(text).toContain(`,'-1,1.00,`);
    expect(text).toContain(`,'@sum,1.00,`);
    expect(text).toContain(`,"plain, ""quoted""\nand broken",1.00,`);
    expect(text).toContain(`,it's 1-1,1.00,7.00,EUR,8\r\n`);
    expect(text).toMatch(/^[^\r]*\r\n[^,]*,opening_balance,,,,,,0\.00,EUR,\r\n/);
    expect(text).toMatch(/\r\n[^,]*,closing_balance,,,,,,7\.00,EUR,\r\n$/);
    const plain = await get(`/api/accounts/${csvAccount}/statement`, { accept: 'application/pdf' });
    expect(plain.body.items).toHaveLength(7);
  });

  test('a CSV of an account without movements has only its balances', async () => {
    await open(id('empty'), '0');
    const response = await house.app.request(`/api/accounts/${id('empty')}/statement`, {
      headers: { accept: 'text/csv;q=0.9, application/json;q=0.1' },
    });
    expect((await response.text()).trimEnd().split('\r\n')).toHaveLength(3);
  });
});

describe('the trial balance at a position', () => {
  type Line = { account: string; debits: string; credits: string; balance: string };
  type Balance = { position: number; currencies: { currency: string; sum: string; accounts: Line[] }[] };
  const balanceAt = async (position: number | bigint): Promise<Balance> => {
    const answer = await get(`/api/reports/trial-balance?position=${position}`);
    expect(answer.status, answer.text).toBe(200);
    return JSON.parse(answer.text);
  };

  test('every currency sums to zero at every position, and an account has the balance that it had', async () => {
    const accountId = id('trial');
    await open(accountId, '10.00');
    await deposit(accountId, '5.00');
    expect((await pay(id('trial-out'), accountId, id('other'), '3.00')).status).toBe(201);
    // Read once the row is there, for by then each of its events has its position.
    const { position } = (await get(`/api/accounts/${accountId}?minVersion=4`)).body;
    const { items } = (await get(`/api/accounts/${accountId}/events`)).body;
    for (let at = Math.max(position - 12, 1); at <= position; at += 1) {
      const { currencies, position: answered } = await balanceAt(at);
      expect(answered).toBe(at);
      expect(currencies.map(({ sum }) => sum)).toEqual(currencies.map(() => '0.00'));
    }
    const balances = [];
    for (const event of items) {
      const { currencies } = await balanceAt(event.position);
      balances.push(currencies[0]?.accounts.find((row) => row.account === accountId)?.balance ?? null);
    }
    expect(balances).toEqual([null, '10.00', '15.00', '12.00']);
  });

  test('at 0 it is empty, beyond the last position 409, and what is no position is refused', async () => {
    expect(await balanceAt(0)).toEqual({ position: 0, currencies: [] });
    const ahead = await get('/api/reports/trial-balance?position=999999999999');
    expect([ahead.status, ahead.body.code]).toEqual([409, 'version-ahead']);
    for (const bad of ['-1', '1.5', 'x', '', '01', '9'.repeat(16)]) {
      expect(pointerOf(await get(`/api/reports/trial-balance?position=${bad}`))).toEqual([
        400,
        '/query/position',
      ]);
    }
    expect((await get('/api/reports/trial-balance')).status).toBe(200);
  });
});
