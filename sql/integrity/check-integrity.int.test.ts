import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  caughtUp,
  deposit,
  open,
  openProjectorLab,
  type ProjectorLab,
  TENANT,
  transfer,
} from '../../test/projecting.ts';
import { checkIntegrity } from './check-integrity.ts';
import { withSnapshots } from './snapshots.ts';
import { createTally } from './tally.ts';

vi.setConfig({ testTimeout: 120_000 });
let lab: ProjectorLab;

beforeAll(async () => {
  lab = await openProjectorLab();
  const projector = lab.start();
  await open(lab.pool, 'ann');
  await open(lab.pool, 'bob');
  await transfer(lab.pool, 'ann', 'bob', 7n);
  await transfer(lab.pool, 'bob', 'ann', 2n, true);
  await deposit(lab.pool, 'ann', 5n);
  await caughtUp(lab);
  await lab.stop(projector);
});
afterAll(() => lab?.close());

const check = () => checkIntegrity(lab.readPool, lab.pool, TENANT);

/** Another value of a column, by its type; a time that no calendar has is one as well. */
const OTHER: Readonly<Record<string, (column: string) => string>> = {
  text: (column) => `coalesce(${column}, '') || 'x'`,
  jsonb: () => `'{"other": 1}'`,
  smallint: (column) => `coalesce(${column}, 0) + 1000`,
  integer: (column) => `coalesce(${column}, 0) + 1000`,
  bigint: (column) => `coalesce(${column}, 0) + 1000`,
  'timestamp with time zone': () => `'infinity'`,
};

/** All but what Postgres makes of the others, which nobody can alter. */
async function columnsOf(table: string): Promise<{ name: string; type: string }[]> {
  const { rows } = await lab.readPool.query<{ name: string; type: string }>(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = current_schema() and table_name = $1 and is_generated = 'NEVER'`,
    [table],
  );
  return rows;
}

test.each(['balances', 'transactions', 'transfers', 'journal_entries'])(
  'an altered value in any column of %s is named',
  async (table) => {
    expect(await check()).toMatchObject({ ok: true });
    const columns = await columnsOf(table);
    const names = columns.map(({ name }) => name).join(', ');
    await lab.readPool.query(`create table kept_${table} as select ${names} from ${table}`);
    for (const { name, type } of columns) {
      await lab.readPool.query(
        `update ${table} set ${name} = ${OTHER[type]?.(name)}
         where ctid = (select ctid from ${table} order by ctid limit 1)`,
      );
      const { checks } = await check();
      const found = checks.find((one) => one.name === 'read-tables-equal-folds')?.firstViolation;
      expect(found, `${table}.${name}`).toMatch(new RegExp(`^${table} row `));
      await lab.readPool.query(`delete from ${table}`);
      await lab.readPool.query(`insert into ${table} (${names}) select * from kept_${table}`);
    }
    await lab.readPool.query(`drop table kept_${table}`);
    expect(await check()).toMatchObject({ ok: true });
  },
);

test('a check that is told to end does so, and gives its connections back', async () => {
  const stopping = new AbortController();
  const running = checkIntegrity(lab.readPool, lab.pool, TENANT, stopping.signal);
  stopping.abort(new Error('The process stops.'));
  await expect(running).rejects.toThrow('The process stops.');
  expect(lab.pool.idleCount).toBe(lab.pool.totalCount);
  expect(lab.readPool.idleCount).toBe(lab.readPool.totalCount);
});

test('neither snapshot idles too long while a check goes on', async () => {
  const parts = { tally: createTally(), progress: () => undefined, signal: null };
  await withSnapshots(lab, parts, async ({ read, store, breathe }) => {
    await read.query(`set local idle_in_transaction_session_timeout = '1s'`);
    await store.query(`set local idle_in_transaction_session_timeout = '1s'`);
    for (let breath = 0; breath < 15; breath += 1) {
      await delay(100);
      await breathe();
    }
    expect((await read.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    expect((await store.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});
