import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Tenant } from '../domain/ids.ts';
import { loadConfig } from '../platform/config.ts';
import { createPool, type Pool, type Queryable } from '../platform/postgres.ts';
import { countLog } from '../sql/integrity/store-rows.ts';
import { listTransactions } from '../sql/list-transactions.ts';
import { listTransfers } from '../sql/list-transfers.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { noDispatcher } from '../test/no-dispatcher.ts';
import { rowsTouched } from '../test/rows-touched.ts';
import { createApp } from './app.ts';

const TENANT = 'main' as Tenant;
/** Rows that a page may look at: far fewer than there are, whatever the history. */
const BOUND = 3_000;
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'reads', log });
  await pool.query(`insert into transfers (generation, tenant, transfer_id, from_account_id, to_account_id,
      amount_minor, currency, credit_minor, credit_currency, metadata, first_position, credit_at)
    select 1, 'main', 't' || n, case when n <= 40 then 'rare' else 'busy' || n % 7 end,
      case n % 1000 when 1 then 'rare' else 'busy' || n % 5 end, 1, 'EUR', 1, 'EUR', '{}', n,
      case when n > 20 then now() end
    from generate_series(1, 40000) as n`);
  await pool.query(`insert into transactions (generation, tenant, account_id, version, transaction_id, type, amount_minor,
      currency, opening_balance_minor, closing_balance_minor, metadata, position, occurred_at)
    select 1, 'main', 'hot', n, 'd' || n, 'deposit', 1, 'EUR', n - 1, n, '{}', n,
      timestamptz '2026-01-01T00:00:00Z' + n * interval '1 minute'
    from generate_series(1, 40000) as n`);
  await pool.query(`insert into balances (generation, tenant, account_id, currency, status, balance_minor, held_minor,
      overdraft_limit_minor, metadata, version, position, created_at, as_of)
    values (1, 'main', 'a', 'EUR', 'open', 1000, 0, 0, '{}', 1, 1, now(), now())`);
  await pool.query('analyze');
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

/** By plans that know no parameters, as a connection may keep them. */
async function touchedBy(work: (db: Queryable) => Promise<unknown>): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("set plan_cache_mode = 'force_generic_plan'");
    return await rowsTouched(client, () => work(client));
  } finally {
    client.release(true);
  }
}

describe('a page costs the page, not the history', () => {
  test.each([
    ['accountId', { accountId: 'rare', status: null }, 79],
    ['status', { accountId: null, status: 'debited' }, 20],
    ['both', { accountId: 'rare', status: 'debited' }, 20],
    ['nothing', { accountId: null, status: null }, 201],
  ] as const)('transfers by %s', async (_what, filter, expected) => {
    const page = { limit: 201, before: null };
    const rows = await listTransfers(pool, TENANT, filter, page);
    const positions = rows.map((row) => Number(row.firstPosition));
    expect(positions).toEqual([...new Set(positions)].sort((one, other) => other - one));
    expect(rows).toHaveLength(expected);
    expect(await touchedBy((db) => listTransfers(db, TENANT, filter, page))).toBeLessThan(BOUND);
  });

  test('a transfer to itself is listed once, and pages go on where they ended', async () => {
    await pool.query(`insert into transfers (generation, tenant, transfer_id, from_account_id, to_account_id, amount_minor,
      currency, credit_minor, credit_currency, metadata, first_position, rejected_at)
      values (1, 'main', 'self', 'narcissus', 'narcissus', 1, 'EUR', 1, 'EUR', '{}', 50001, now())`);
    const filter = { accountId: 'narcissus', status: null };
    expect(await listTransfers(pool, TENANT, filter, { limit: 5, before: null })).toHaveLength(1);
    expect(await listTransfers(pool, TENANT, filter, { limit: 5, before: 50_001n })).toEqual([]);
  });

  test.each([
    ['an old day', '2026-01-02T00:00:00.000Z', '2026-01-02T02:00:00.000Z', null, 1559, 51],
    ['the newest', '2026-01-02T00:00:00.000Z', null, null, 40_000, 51],
    ['a page further on', null, '2026-01-20T00:00:00.000Z', 20_000, 19_999, 51],
    ['nothing at all', '2025-01-01T00:00:00.000Z', '2025-02-01T00:00:00.000Z', null, undefined, 0],
    ['no period', null, null, null, 40_000, 51],
  ])('transactions of %s', async (_what, from, to, before, newest, length) => {
    const filter = { accountId: 'hot', from, to };
    const rows = await listTransactions(pool, TENANT, filter, { limit: 51, before });
    expect([rows[0]?.version, rows.length]).toEqual([newest, length]);
    const touchedRows = await touchedBy((db) => listTransactions(db, TENANT, filter, { limit: 51, before }));
    expect(touchedRows).toBeLessThan(BOUND);
  });
});

describe('one snapshot', () => {
  test('the totals of a report are those of its page, whatever is written meanwhile', async () => {
    const pay = () =>
      pool.query(`update balances set balance_minor = balance_minor + 1 where account_id = 'a'`);
    const watched = new Proxy(pool, {
      get: (target, name) => {
        if (name === 'query') return hooked(target);
        if (name === 'connect') return async () => watchClient(await target.connect());
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const hooked = (target: Queryable) => async (statement: { name?: string }) => {
      if (statement.name?.startsWith('currency-totals')) await pay();
      return target.query(statement as never);
    };
    const watchClient = (client: Queryable & { release: (error?: Error | boolean) => void }) => ({
      query: hooked(client),
      release: (error?: Error | boolean) => client.release(error),
    });
    const app = createApp({
      pool,
      readPool: watched,
      dispatcher: noDispatcher,
      health: {},
      config: loadConfig({ ...inject('stack') }),
      log,
      now: () => new Date(),
      newId: () => 'request-1',
      isDraining: () => false,
    });
    const report = (await (await app.request('/api/reports/balances')).json()) as {
      items: { balance: string }[];
      totals: { balance: string }[];
    };
    expect(report.totals[0]?.balance).toBe(report.items[0]?.balance);
  });
});

describe('the log is counted in pages', () => {
  test('every page is bounded, and the sums are right', async () => {
    await pool.query(`insert into events (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
      select 't' || n % 2, 's' || n % 3, n, 'x', 1, '{}', '{}', now(), '' from generate_series(1, 5000) as n`);
    await pool.query(`insert into log (position, tenant, stream_id, version, partition)
      select n, 't' || n % 2, 's' || n % 3, n, 0 from generate_series(1, 4990) as n`);
    await pool.query(`insert into outbox (id, tenant, stream_id, version)
      select n, 't' || n % 2, 's' || n % 3, n from generate_series(4991, 5000) as n`);
    await pool.query('update log_head set position = 4990');
    await pool.query('analyze');
    let most = 0;
    const counting = {
      async query(statement: { name: string; text: string; values: unknown[] }) {
        most = Math.max(most, await touchedBy((db) => db.query(statement)));
        return pool.query(statement);
      },
    } as unknown as Queryable;
    const counts = await countLog(counting, async () => undefined, 1000);
    expect(counts).toEqual({
      events: 5000n,
      logged: 4990n,
      waiting: 10n,
      lowest: 1n,
      highest: 4990n,
      head: 4990n,
    });
    expect(most).toBeLessThan(BOUND);
  });
});
