import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AccountId, Tenant } from '../domain/ids.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { listSpan, readStatement } from './statement.ts';

const KEY = { tenant: 'main' as Tenant, accountId: 'a' as AccountId };
let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 4, name: 'statements', log });
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});
beforeEach(() => pool.query('truncate transactions, applied_versions'));

const time = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString();
/** xorshift32: a seed makes the same numbers again. */
function random(seed: number) {
  let state = seed;
  return (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Rows at versions 2, 3, …, applied up to the last but `ahead`, which are there as if of a later batch. */
async function fill(rows: readonly { amount: number; second: number }[], ahead = 0): Promise<void> {
  let balance = 0;
  const columns = rows.map(({ amount, second }, index) => {
    balance += amount;
    return { version: index + 2, amount, opening: balance - amount, closing: balance, at: time(second) };
  });
  await pool.query(
    `insert into transactions (generation, tenant, account_id, version, transaction_id, type, amount_minor, currency,
       opening_balance_minor, closing_balance_minor, metadata, position, occurred_at)
     select 1, 'main', 'a', (row ->> 'version')::int, row ->> 'version', 'deposit', (row ->> 'amount')::bigint, 'EUR',
       (row ->> 'opening')::bigint, (row ->> 'closing')::bigint, '{}', 1, (row ->> 'at')::timestamptz
     from jsonb_array_elements($1::jsonb) as row`,
    [JSON.stringify(columns)],
  );
  await pool.query(
    `insert into applied_versions (projection, generation, tenant, stream_id, version)
     values ('transactions', 1, 'main', 'account-a', $1)`,
    [rows.length + 1 - ahead],
  );
}

test('whatever the clocks do, opening and rows make closing, and adjoining periods tile the history', async () => {
  const seed = Date.now() % 2 ** 31 || 1;
  const next = random(seed);
  const rows = Array.from({ length: 300 }, (_, n) => ({ amount: next(200) - 90, second: n + next(40) }));
  await fill(rows);
  const cuts = [null, ...Array.from({ length: 12 }, () => next(350)).sort((a, b) => a - b), null];
  const seen: number[] = [];
  let balance = 0n;
  for (let n = 0; n + 1 < cuts.length; n += 1) {
    const [from, to] = [cuts[n] ?? null, cuts[n + 1] ?? null];
    const period = { from: from === null ? null : time(from), to: to === null ? null : time(to) };
    const statement = await readStatement(pool, KEY, period);
    const items = await listSpan(pool, KEY, statement, 1_000);
    const sum = items.reduce((total, item) => total + item.amountMinor, statement.openingMinor);
    expect(statement.openingMinor, `seed ${seed}`).toBe(balance);
    expect(sum, `seed ${seed}`).toBe(statement.closingMinor);
    expect(statement.openingMinor + statement.totalInMinor - statement.totalOutMinor).toBe(sum);
    seen.push(...items.map((item) => item.version));
    balance = statement.closingMinor;
  }
  expect(seen, `seed ${seed}`).toEqual(rows.map((_, index) => index + 2));
});

test('a period long ago is found behind thousands of later rows', async () => {
  await fill(Array.from({ length: 5_000 }, (_, n) => ({ amount: 1, second: n })));
  const statement = await readStatement(pool, KEY, { from: time(10), to: time(20) });
  expect(statement).toMatchObject({ openingMinor: 10n, closingMinor: 20n, after: 11, upTo: 21 });
  expect(await listSpan(pool, KEY, statement, 3)).toHaveLength(3);
  const before = await readStatement(pool, KEY, { from: null, to: time(0) });
  expect(before).toMatchObject({ openingMinor: 0n, closingMinor: 0n, upTo: 0, closedAt: null });
});

test('rows beyond what is applied are not in it', async () => {
  await fill(
    [
      { amount: 5, second: 1 },
      { amount: 7, second: 2 },
    ],
    1,
  );
  const statement = await readStatement(pool, KEY, { from: null, to: null });
  expect(statement).toMatchObject({ closingMinor: 5n, totalInMinor: 5n, totalOutMinor: 0n });
  expect(await listSpan(pool, KEY, statement, 10)).toHaveLength(1);
});

test('of an account that is not in the read tables yet it is empty', async () => {
  expect(await readStatement(pool, KEY, { from: null, to: null })).toEqual({
    after: 0,
    upTo: 0,
    openingMinor: 0n,
    closingMinor: 0n,
    totalInMinor: 0n,
    totalOutMinor: 0n,
    closedAt: null,
  });
});
