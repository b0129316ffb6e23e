import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ask } from '../test/ask.ts';
import { createHouse, type House } from '../test/house.ts';
import type { BatchView } from './views/batch.ts';

const run = randomUUID().slice(0, 8);
const id = (name: string) => `${name}-${run}`;
const soon = { timeout: 60_000, interval: 50 };

let house: House;
beforeAll(async () => {
  house = await createHouse({ APPROVAL_THRESHOLDS: 'EUR:1000.00', FEE_FLAT: 'USD:0.10' });
});
afterAll(() => house.close());

async function open(name: string, initialDeposit = '0', currency = 'EUR') {
  const answer = await ask(house, 'POST', '/api/accounts', { id: id(name), currency, initialDeposit });
  expect(answer.status, answer.text).toBe(201);
}
const pay = (from: string, to: string, amount: string, more: object = {}) => ({
  from: id(from),
  to: id(to),
  amount,
  currency: 'EUR',
  ...more,
});
const post = (body: object, headers: Record<string, string> = {}) =>
  ask(house, 'POST', '/api/transfer-batches', body, headers);
const asBatch = (answer: { text: string }): BatchView => JSON.parse(answer.text);
const read = async (batchId: string) => asBatch(await ask(house, 'GET', `/api/transfer-batches/${batchId}`));
const balance = async (name: string) => {
  const { rows } = await house.pool.query<{ balance: string }>(
    `select state ->> 'balanceMinor' as balance from heads where stream_id = $1`,
    [`account-${id(name)}`],
  );
  return rows[0]?.balance;
};
const items = async (batchId: string, query = '') =>
  (await ask(house, 'GET', `/api/transfer-batches/${batchId}/items${query}`)).body;

const none = { completed: 0, rejected: 0, refunded: 0, cancelled: 0, needsAttention: 0, pending: 0 };

describe('a batch', () => {
  test('is answered with 202 at once, and each of its transfers ends in its own way', async () => {
    await open('a', '100.00');
    await open('poor', '1.00');
    await open('b');
    await open('closed');
    await ask(house, 'POST', `/api/accounts/${id('closed')}/close`, { reason: 'moved' });
    const transfers = [
      pay('a', 'b', '1.00', { id: id('t0'), metadata: { n: 0 } }),
      pay('poor', 'b', '2.00', { id: id('t1') }),
      pay('a', 'closed', '3.00', { id: id('t2') }),
      pay('a', 'nobody', '4.00', { id: id('t3') }),
      pay('a', 'a', '5.00', { id: id('t4') }),
      pay('a', 'b', '6.00'),
    ];
    const answer = await post({ id: id('mixed'), transfers });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      202,
      `/api/transfer-batches/${id('mixed')}`,
    ]);
    expect(asBatch(answer)).toMatchObject({ id: id('mixed'), counts: { total: 6 } });
    // From the moment of the answer, begun or not.
    const { status, body } = await ask(house, 'GET', `/api/transfers/${id('t0')}`);
    expect([status, body]).toMatchObject([
      200,
      { id: id('t0'), amount: '1.00', workflow: { id: `main/batch/${id('mixed')}` } },
    ]);
    const ended = await vi.waitFor(async () => {
      const batch = await read(id('mixed'));
      expect(batch.status).toBe('completed');
      return batch;
    }, soon);
    expect(ended).toEqual({
      id: id('mixed'),
      status: 'completed',
      counts: { ...none, total: 6, completed: 2, rejected: 2, refunded: 2 },
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
    });
    const page = await items(id('mixed'));
    expect(page.items).toMatchObject([
      { itemNo: 0, transfer: id('t0'), amount: '1.00', status: 'completed', refusal: null },
      { itemNo: 1, status: 'rejected', refusal: { code: 'insufficient-funds' } },
      { itemNo: 2, status: 'refunded', refusal: { code: 'account-closed' } },
      { itemNo: 3, status: 'refunded', refusal: { code: 'account-not-found' } },
      { itemNo: 4, status: 'rejected', refusal: { code: 'same-account' } },
      { itemNo: 5, status: 'completed' },
    ]);
    expect([await balance('a'), await balance('poor'), await balance('b')]).toEqual(['9300', '100', '700']);
    const command = await ask(house, 'GET', '/api/commands?limit=1');
    expect(command.body.items[0]).toMatchObject({
      type: 'transferBatch',
      status: 'completed',
      resource: `/api/transfer-batches/${id('mixed')}`,
    });
  });

  test('lists its items by pages and by status', async () => {
    const first = await items(id('mixed'), '?limit=1&status=refunded');
    expect(first.items).toMatchObject([{ itemNo: 2 }]);
    const second = await items(id('mixed'), `?limit=1&cursor=${first.nextCursor}`);
    expect([second.items, second.nextCursor]).toMatchObject([[{ itemNo: 3, status: 'refunded' }], null]);
    const other = await ask(
      house,
      'GET',
      `/api/transfer-batches/${id('mixed')}/items?status=completed&cursor=${first.nextCursor}`,
    );
    expect(other.status).toBe(422);
    expect((await ask(house, 'GET', `/api/transfer-batches/${id('no')}/items`)).status).toBe(404);
  });

  test('is listed, newest first', async () => {
    await post({ id: id('later'), transfers: [pay('a', 'b', '0.01')] });
    const { body } = await ask(house, 'GET', '/api/transfer-batches?limit=1');
    expect(body.items).toMatchObject([{ id: id('later'), counts: { total: 1 } }]);
    const next = await ask(house, 'GET', `/api/transfer-batches?limit=1&cursor=${body.nextCursor}`);
    expect(next.body.items).toMatchObject([{ id: id('mixed') }]);
    expect((await ask(house, 'GET', '/api/transfer-batches?limit=200')).status).toBe(200);
    expect((await ask(house, 'GET', '/api/transfer-batches?limit=201')).status).toBe(400);
  });

  test('is counted no more once nothing in it can change', async () => {
    const before = await read(id('mixed'));
    const { rowCount } = await house.pool.query(
      `delete from batch_items where batch_id = $1 and item_no = 5`,
      [id('mixed')],
    );
    expect(rowCount).toBe(1);
    expect(await read(id('mixed'))).toEqual(before);
  });

  test('is left to the next page where a page would count too many', async () => {
    await house.pool.query(
      `insert into batches (tenant, batch_id, command_id, total, created_at)
       select 'main', $1 || n, 'z' || n, 20000, now() from generate_series(1, 3) as n`,
      [id('huge')],
    );
    let query = '?limit=3';
    for (const at of [3, 2, 1]) {
      const { body } = await ask(house, 'GET', `/api/transfer-batches${query}`);
      expect(body.items[0]?.id).toBe(`${id('huge')}${at}`);
      expect(body.items).toHaveLength(at === 1 ? 3 : 1);
      query = `?limit=3&cursor=${body.nextCursor}`;
    }
    await house.pool.query(`delete from batches where command_id like 'z%'`);
  });

  test('may be waited for', async () => {
    const { status, text, headers } = await post(
      { transfers: [pay('a', 'b', '0.01')] },
      { prefer: 'wait=30' },
    );
    expect([status, headers.get('preference-applied'), JSON.parse(text).status]).toEqual([
      202,
      'wait=30',
      'completed',
    ]);
  });

  test('costs the fees of single transfers', async () => {
    await open('usd', '10.00', 'USD');
    await open('usd2', '0', 'USD');
    const transfer = { from: id('usd'), to: id('usd2'), amount: '1.00', currency: 'USD', id: id('fee') };
    await post({ transfers: [transfer] }, { prefer: 'wait=30' });
    expect((await ask(house, 'GET', `/api/transfers/${id('fee')}`)).body).toMatchObject({ fee: '0.10' });
    expect([await balance('usd'), await balance('usd2')]).toEqual(['890', '100']);
  });

  test('shows its transfers in the list of all transfers', async () => {
    await vi.waitFor(async () => {
      const { body } = await ask(house, 'GET', `/api/transfers?accountId=${id('usd')}`);
      expect(body.items).toMatchObject([{ id: id('fee'), status: 'completed' }]);
    }, soon);
  });
});

describe('the same key', () => {
  test('gives the same batch again, and another body is refused', async () => {
    const body = { transfers: [pay('a', 'b', '0.02'), pay('a', 'b', '0.03')] };
    const key = { 'idempotency-key': id('key'), prefer: 'wait=30' };
    const first = await post(body, key);
    const before = await balance('b');
    const second = await post(body, key);
    expect([second.status, second.text, second.headers.get('idempotency-replayed')]).toEqual([
      202,
      first.text,
      'true',
    ]);
    expect(await balance('b')).toBe(before);
    const other = await post({ transfers: [pay('a', 'b', '0.02')] }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
  });
});

describe('a batch is refused as a whole', () => {
  test('where an id is taken: nothing starts, and the id is named', async () => {
    const transfers = [
      pay('a', 'b', '0.01', { id: id('free') }),
      pay('a', 'b', '0.01', { id: id('t0') }),
      pay('a', 'b', '0.01', { id: id('t1') }),
    ];
    const taken = await post({ id: id('taken'), transfers });
    expect([taken.status, taken.body.code]).toEqual([409, 'transfer-exists']);
    expect(taken.text).toContain(id('t0'));
    expect((await ask(house, 'GET', `/api/transfers/${id('free')}`)).status).toBe(404);
    expect((await ask(house, 'GET', `/api/transfer-batches/${id('taken')}`)).status).toBe(404);
    const again = await post({ id: id('mixed'), transfers: transfers.slice(0, 1) });
    expect([again.status, again.body.code]).toEqual([409, 'batch-exists']);
  });

  test('where a field is wrong: each is named, at most 100', async () => {
    const transfers = [
      pay('a', 'b', '1.00'),
      pay('a', 'b', '1.001'),
      { ...pay('a', 'b', '1.00'), dryRun: true },
      { ...pay('a', 'b', '1.00'), quoteId: 'q' },
      pay('a', 'b', '1.00', { id: 'not an id' }),
    ];
    const { status, body } = await post({ transfers });
    expect([status, body.errors.map(({ pointer }) => pointer)]).toEqual([
      400,
      ['/transfers/1/amount', '/transfers/2/dryRun', '/transfers/3/quoteId', '/transfers/4/id'],
    ]);
    const many = await post({ transfers: Array.from({ length: 300 }, () => pay('a', 'b', 'much')) });
    expect([many.status, many.body.errors.length]).toEqual([400, 100]);
  });

  test('where one is to wait for more than ten years', async () => {
    const late = pay('a', 'b', '1.00', { executeAt: '2999-01-01T00:00:00Z' });
    const { status, body } = await post({ transfers: [pay('a', 'b', '1.00'), late] });
    expect([status, body.errors.map(({ pointer }) => pointer)]).toEqual([400, ['/transfers/1/executeAt']]);
  });

  test('where an id appears twice', async () => {
    const twice = pay('a', 'b', '1.00', { id: id('twice') });
    const { status, body } = await post({ transfers: [twice, pay('a', 'b', '1.00'), twice] });
    expect([status, body.errors.map(({ pointer }) => pointer)]).toEqual([422, ['/transfers/2/id']]);
  });

  test.each([
    ['empty', { transfers: [] }],
    ['missing', {}],
    ['no list', { transfers: 'all' }],
    ['too long', { transfers: Array.from({ length: 10_001 }, () => pay('a', 'b', '0.01')) }],
  ])('where its list is %s', async (_, body) => {
    const answer = await post(body);
    expect([answer.status, answer.body.errors.map(({ pointer }) => pointer)]).toEqual([400, ['/transfers']]);
  });

  test('where the body is larger than a batch may be; another route takes 1 MB', async () => {
    const large = { transfers: [pay('a', 'b', '0.01', { description: 'x'.repeat(16_000_000) })] };
    expect((await post(large)).status).toBe(413);
    const account = { id: id('x'), currency: 'EUR', name: 'x'.repeat(1_000_000) };
    expect((await ask(house, 'POST', '/api/accounts', account)).status).toBe(413);
  });
});

describe('an item that waits', () => {
  test('goes on in a workflow of its own, and its batch with the others', async () => {
    await open('rich', '5000.00');
    const executeAt = new Date(Date.now() + 3_000).toISOString();
    const transfers = [
      pay('rich', 'b', '1.00', { id: id('due'), executeAt }),
      pay('rich', 'b', '2000.00', { id: id('asks') }),
      pay('rich', 'b', '2.00'),
      pay('rich', 'b', '3.00', { executeAt: '2001-01-01T00:00:00Z' }),
    ];
    await post({ id: id('waits'), transfers }, { prefer: 'wait=30' });
    const command = await house.pool.query(`select status from commands where resource_id = $1`, [
      id('waits'),
    ]);
    expect(command.rows).toEqual([{ status: 'completed' }]);
    await vi.waitFor(async () => {
      const { status, counts } = await read(id('waits'));
      expect([status, counts.completed, counts.pending]).toEqual(['running', 3, 1]);
    }, soon);
    expect((await ask(house, 'GET', `/api/transfers/${id('asks')}`)).body.status).toBe('awaiting_approval');
    const approved = await ask(house, 'POST', `/api/transfers/${id('asks')}/approve`, { reason: 'fine' });
    expect(approved.status, approved.text).toBe(200);
    await vi.waitFor(async () => expect((await read(id('waits'))).status).toBe('completed'), soon);
    expect(await balance('rich')).toBe('299400');
    const waiting = await house.pool.query(`select from expected_workflows where workflow_id = any($1)`, [
      [`main/transfer/${id('due')}`, `main/transfer/${id('asks')}`],
    ]);
    expect(waiting.rowCount).toBe(0);
  });
});

describe('an item that nothing is decided of', () => {
  test('waits for its time only where that was not past when it was asked for', async () => {
    const source = await house.pool.connect();
    await source.query('begin');
    await source.query('select from heads where stream_id = $1 for update', [`account-${id('rich')}`]);
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    const transfers = [
      pay('rich', 'b', '0.01', { executeAt: '2001-01-01T00:00:00Z' }),
      pay('rich', 'b', '0.01', { executeAt: inAnHour }),
    ];
    await post({ id: id('undecided'), transfers });
    const { items: rows } = await items(id('undecided'));
    await source.query('rollback');
    source.release();
    expect(rows.map(({ status }) => status)).toEqual(['requested', 'scheduled']);
  });
});

describe('a batch that is cancelled', () => {
  const cancel = (batchId: string, headers: Record<string, string> = {}) =>
    ask(house, 'POST', `/api/transfer-batches/${batchId}/cancel`, { reason: 'wrong file' }, headers);

  test('midway leaves what was done and cancels what waits', async () => {
    const nextYear = new Date(Date.now() + 365 * 86_400_000).toISOString();
    const transfers = [
      pay('rich', 'b', '1.00'),
      pay('rich', 'b', '1.00', { id: id('later'), executeAt: nextYear }),
      pay('rich', 'b', '2000.00'),
    ];
    await post({ id: id('midway'), transfers }, { prefer: 'wait=30' });
    const answer = await cancel(id('midway'), { 'idempotency-key': id('cancel') });
    expect(answer.status, answer.text).toBe(200);
    const batch = await vi.waitFor(async () => {
      const now = await read(id('midway'));
      expect(now.status).toBe('cancelled');
      return now;
    }, soon);
    expect(batch.counts).toEqual({ ...none, total: 3, completed: 1, cancelled: 2 });
    expect((await ask(house, 'GET', `/api/transfers/${id('later')}`)).body).toMatchObject({
      status: 'cancelled',
      refusal: { code: 'cancelled', detail: 'The batch was cancelled: wrong file' },
    });
    const outcomes = await house.pool.query(
      `select result from outcomes where subject_id = $1 and leg = 'debit'`,
      [id('later')],
    );
    expect(outcomes.rows).toEqual([{ result: 'void' }]);
    // A repeat gets the first answer again, another cancellation is too late.
    expect(asBatch(answer)).toMatchObject({ status: 'running', counts: { total: 3, pending: 2 } });
    const repeat = await cancel(id('midway'), { 'idempotency-key': id('cancel') });
    expect([repeat.status, repeat.text]).toEqual([200, answer.text]);
    const late = await cancel(id('midway'));
    expect([late.status, late.body.code]).toEqual([409, 'batch-final']);
  });

  test('before it is begun does not debit anything', async () => {
    const source = await house.pool.connect();
    await source.query('begin');
    await source.query('select from heads where stream_id = $1 for update', [`account-${id('rich')}`]);
    const before = await balance('rich');
    // The first chunks wait for the lock; what is behind them is not begun when the cancellation comes.
    const transfers = Array.from({ length: 1_600 }, () => pay('rich', 'b', '0.01'));
    await post({ id: id('early'), transfers });
    const answer = await cancel(id('early'));
    await source.query('rollback');
    source.release();
    expect(answer.status, answer.text).toBe(200);
    const { counts } = await vi.waitFor(async () => {
      const now = await read(id('early'));
      expect(now.status).toBe('cancelled');
      return now;
    }, soon);
    expect(counts.completed + counts.cancelled).toBe(1_600);
    expect(counts.cancelled).toBeGreaterThanOrEqual(600);
    expect(Number(before) - Number(await balance('rich'))).toBe(counts.completed);
  });

  test('is answered 404 where there is none', async () => {
    expect((await cancel(id('no'))).status).toBe(404);
    expect((await ask(house, 'GET', `/api/transfer-batches/${id('no')}`)).status).toBe(404);
  });
});

describe('an item that cannot be processed', () => {
  test('harms itself only', async () => {
    await open('broken', '10.00');
    const damage = (balanceMinor: string) =>
      house.pool.query(
        `update heads set state = jsonb_set(state, '{balanceMinor}', $2) where stream_id = $1`,
        [`account-${id('broken')}`, JSON.stringify(balanceMinor)],
      );
    await damage('much');
    const transfers = [
      pay('rich', 'b', '0.01'),
      pay('broken', 'b', '1.00', { id: id('from-broken') }),
      pay('rich', 'broken', '1.00', { id: id('to-broken') }),
      pay('rich', 'b', '0.01'),
    ];
    await post({ id: id('poison'), transfers }, { prefer: 'wait=30' });
    const { items: rows } = await items(id('poison'));
    expect(rows).toMatchObject([
      { status: 'completed' },
      { status: 'cancelled', refusal: { code: 'processing-failed' } },
      { status: 'refunded', refusal: { code: 'processing-failed' } },
      { status: 'completed' },
    ]);
    await damage('1000');
  });
});

describe('a batch of 10,000', () => {
  test('ends, and is counted while it runs', { timeout: 240_000 }, async () => {
    const accounts = Array.from({ length: 200 }, (_, at) => `m${at}`);
    for (let at = 0; at < accounts.length; at += 20) {
      await Promise.all(accounts.slice(at, at + 20).map((name) => open(name, '1000.00')));
    }
    const transfers = Array.from({ length: 10_000 }, (_, at) =>
      pay(`m${at % 200}`, `m${(at * 7 + 1) % 200}`, '0.01'),
    );
    const began = Date.now();
    const { status } = await post({ id: id('many'), transfers });
    expect(status).toBe(202);
    const answeredMs = Date.now() - began;
    const seen = new Set<number>();
    let readMs = 0;
    await vi.waitFor(
      async () => {
        const asked = Date.now();
        const batch = await read(id('many'));
        readMs = Math.max(readMs, Date.now() - asked);
        seen.add(batch.counts.pending);
        expect(batch.status).toBe('completed');
      },
      { timeout: 180_000, interval: 200 },
    );
    console.log(
      `10,000 transfers: answered after ${answeredMs} ms, ended after ${Date.now() - began} ms, a read took at most ${readMs} ms`,
    );
    const { counts } = await read(id('many'));
    // A transfer from an account to itself is rejected.
    expect(counts.completed + counts.rejected).toBe(10_000);
    expect(seen.size).toBeGreaterThan(2);
  });
});
