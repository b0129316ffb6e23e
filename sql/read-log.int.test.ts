import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tenant } from '../domain/ids.ts';
import { createPool, type Pool, type Queryable } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { rowsTouched } from '../test/rows-touched.ts';
import { followEvents } from './follow-events.ts';
import { readLog } from './read-log.ts';

const TENANT = 'main' as Tenant;
const EVENTS = 100_000;
const LIMIT = 1_000;
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 2, name: 'read-log', log });
  await pool.query(`insert into events
      (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
    select 'main', 'account-' || n % 1000, 1 + n / 1000, 'MoneyDeposited', 2, '{}', '{}', now(), ''
    from generate_series(0, ${EVENTS - 1}) as n`);
  await pool.query(`insert into log (position, tenant, stream_id, version, partition)
    select n + 1, 'main', 'account-' || n % 1000, 1 + n / 1000, 0 from generate_series(0, ${EVENTS - 1}) as n`);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const last = BigInt(EVENTS - 3);
const looks = {
  'reads the log': (db: Queryable) => readLog(db, last, LIMIT),
  'follows events': async (db: Queryable) =>
    (await followEvents(db, TENANT, { after: last, limit: LIMIT }, { accountId: null, types: null })).events,
};

test.each(Object.entries(looks))('who %s touches what is new, not the history', async (_what, look) => {
  for (const statistics of ['none yet', 'of it all']) {
    if (statistics === 'of it all') await pool.query('analyze');
    expect(await look(pool)).toHaveLength(3);
    expect(await rowsTouched(pool, look), `statistics: ${statistics}`).toBeLessThan(20);
  }
});
