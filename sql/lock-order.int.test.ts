import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AccountId, accountStream, type StreamId } from '../domain/ids.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { open, TENANT, until } from '../test/projecting.ts';
import { transact } from './ledger.ts';
import { lockHeads } from './lock-heads.ts';
import { inTransaction } from './transaction.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 10, name: 'lock-order', log });
  for (const id of ['a0', 'a1', 'a9']) await open(pool, id);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** How many transactions wait for a lock of this database. */
async function waiting(): Promise<number> {
  const { rows } = await pool.query<{ waiting: number }>(
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiting ?? 0;
}

/** Holds a head until the function that it answers with is called. */
async function hold(stream: StreamId): Promise<() => Promise<void>> {
  const holder = await pool.connect();
  await holder.query('begin');
  await holder.query(`select 1 from heads where tenant = $1 and stream_id = $2 for update`, [TENANT, stream]);
  return async () => {
    await holder.query('rollback');
    holder.release();
  };
}

const untilWaiting = (count: number) => until('all wait for a head', async () => (await waiting()) >= count);

test('two transactions that want the same heads the other way round never deadlock', async () => {
  const [first, last] = [accountStream('a0' as AccountId), accountStream('a9' as AccountId)];
  const letGo = await hold(last);
  const lock = (streams: StreamId[]) =>
    inTransaction(pool, async (client) => (await lockHeads(client, TENANT, streams)).size);
  // Locked as they are named, the one would get its last head now and then want the first, which the other has.
  const backwards = lock([last, first]);
  await untilWaiting(1);
  const forwards = lock([first, last]);
  await untilWaiting(2);
  await letGo();
  const ends = await Promise.allSettled([backwards, forwards]);
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason))).toEqual([2, 2]);
});

test('a head that one transaction has locked is not to be had before its end', async () => {
  const stream = accountStream('a1' as AccountId);
  await inTransaction(pool, async (holder) => {
    await lockHeads(holder, TENANT, [stream]);
    const other = inTransaction(pool, async (client) => {
      await client.query(`set local lock_timeout = '200ms'`);
      await lockHeads(client, TENANT, [stream]);
    });
    // lock_not_available
    await expect(other).rejects.toMatchObject({ code: '55P03' });
  });
});

test('what waited for a lock is decided by the time that it is then', async () => {
  const stream = accountStream('a1' as AccountId);
  let clock = '2026-01-01T00:00:00.000Z';
  const letGo = await hold(stream);
  const needs = { tenant: TENANT, streams: [stream], outcomes: [] };
  const decided = transact({ pool, now: () => new Date(clock) }, needs, (draft) => draft.at);
  await untilWaiting(1).finally(() => {
    clock = '2026-01-01T00:00:09.000Z';
    return letGo();
  });
  expect(await decided).toBe('2026-01-01T00:00:09.000Z');
});
