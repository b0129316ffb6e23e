import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { resign, tryToLead } from './leader-lock.ts';
import { readRelayCursor, saveRelayCursor } from './relay-cursor.ts';
import { rewind } from './rewind.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 3, name: 'rewind', log });
  await pool.query('update log_head set position = 100');
  await saveRelayCursor(pool, 'kafka', 90n);
  await saveRelayCursor(pool, 'webhooks', 80n);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const TABLES = { balances: 'balances', transfers: 'transfers', journal: 'journal_entries' };
const insertRow = {
  balances: (position: number) =>
    pool.query(
      `insert into balances (generation, tenant, account_id, currency, status, balance_minor, held_minor,
         overdraft_limit_minor, metadata, version, position, created_at, as_of)
       values (1, 'main', 'a', 'EUR', 'open', 0, 0, 0, '{}', 1, $1, now(), now())`,
      [position],
    ),
  transfers: (position: number) =>
    pool.query(
      `insert into transfers (generation, tenant, transfer_id, from_account_id, to_account_id, amount_minor, currency,
         metadata, first_position, credit_minor, credit_currency)
       values (1, 'main', 't', 'a', 'b', 1, 'EUR', '{}', $1, 1, 'EUR')`,
      [position],
    ),
  journal: (position: number) =>
    pool.query(
      `insert into journal_entries (generation, position, tenant, stream_id, version, debit_account, credit_account,
         amount_minor, currency, occurred_at)
       values (1, $1, 'main', 'account-a', 1, 'a', 'b', 1, 'EUR', now())`,
      [position],
    ),
};

test('the relay goes back to where every event is applied, the webhooks stay where they were', async () => {
  // One projection is behind the others: it needs what they have.
  await pool.query(`update projections set position = case name when 'journal' then 60 else 70 end`);
  expect(await rewind(pool, pool)).toEqual({ head: 100n, sentFrom: 60n, unfinished: 0 });
  expect([await readRelayCursor(pool, 'kafka'), await readRelayCursor(pool, 'webhooks')]).toEqual([60n, 80n]);
  // Never forward: what was not sent yet is still to be sent.
  await pool.query('update projections set position = 75');
  expect((await rewind(pool, pool)).sentFrom).toBe(60n);
});

test('nothing is rewound while a relay runs, for it would write its own place over it', async () => {
  const relay = await pool.connect();
  await tryToLead(relay, 'relay');
  await expect(rewind(pool, pool)).rejects.toThrow('A relay runs on this store');
  await resign(relay, 'relay');
  relay.release();
  await expect(rewind(pool, pool)).resolves.toBeDefined();
});

test('read tables of a later time than the store are refused: they show what never happened', async () => {
  await pool.query('update projections set position = 101');
  await expect(rewind(pool, pool)).rejects.toThrow('position 101, beyond the store');
});

test('also where only one partition, or one row, is of a later time', async () => {
  await pool.query('update projections set position = 90');
  await pool.query('insert into partition_positions values (0, 90, now()), (1, 150, now())');
  await expect(rewind(pool, pool)).rejects.toThrow('position 150, beyond the store');
  await pool.query('delete from partition_positions where partition = 1');
  for (const projection of ['balances', 'transfers', 'journal'] as const) {
    await insertRow[projection](130);
    await expect(rewind(pool, pool), projection).rejects.toThrow('position 130, beyond the store');
    // What a rebuild left unfinished is read by nobody.
    await pool.query(`update ${TABLES[projection]} set generation = 2`);
    await insertRow[projection](100);
    await expect(rewind(pool, pool), projection).resolves.toHaveProperty('head', 100n);
  }
});

test('what is looked at rarely is looked at now', async () => {
  await pool.query('update projections set position = 60');
  await pool.query(
    `insert into expected_workflows (tenant, workflow_id, workflow_type, input, summary, check_after, checks)
     values ('main', 'w', 'transfer', '{}', '', now() + interval '1 hour', 12)`,
  );
  await rewind(pool, pool);
  const { rows } = await pool.query('select check_after <= now() as due, checks from expected_workflows');
  expect(rows).toEqual([{ due: true, checks: 0 }]);
});
