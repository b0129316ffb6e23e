import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../domain/ids.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { rowsTouched } from '../test/rows-touched.ts';
import { feedWebhooks } from './feed-webhooks.ts';
import { followEvents } from './follow-events.ts';
import { listEvents } from './list-events.ts';
import { readLog } from './read-log.ts';
import { onConnection } from './transaction.ts';

const TENANT = 'main' as Tenant;
const EVENTS = 100_000;
const LIMIT = 1_000;
/** Postgres may keep the plan of a statement that a connection has run so often. */
const OFTEN = 7;
const NEW = 3;
const after = BigInt(EVENTS - NEW);
let database: TestDatabase;
/** One connection, as each follower has one for long. */
let pool: Pool;

/** It looks for one tenant's events, of which a planner without statistics expects few: it is as quick once it has some. */
const listing = () => listEvents(pool, TENANT, { after, limit: LIMIT });
const followers = {
  'the relay': () => readLog(pool, after, LIMIT),
  'a live stream': async () => {
    const filter = { accountId: null, types: null };
    return (await followEvents(pool, TENANT, { after, limit: LIMIT }, filter)).events;
  },
  'the webhook feeder': async () => {
    await pool.query(`update relay_cursors set position = $1 where name = 'webhooks'`, [after]);
    const looked = await onConnection(pool, (client) => feedWebhooks(client, LIMIT));
    return Array.from({ length: looked });
  },
};

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 1, name: 'read-log', log });
  await pool.query(`insert into webhooks (tenant, webhook_id, url, events, secret, after_position, created_at)
    values ('main', 'w', 'http://localhost/', '{AccountClosed}', 's', 0, now())`);
  for (const follow of [listing, ...Object.values(followers)])
    for (let time = 0; time < OFTEN; time += 1) await follow();
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

describe.each(['it knows nothing of', 'it has looked at'])('by plans for tables that %s', (known) => {
  beforeAll(async () => {
    if (known === 'it has looked at') await pool.query('analyze');
  });

  test.each(Object.entries(followers))('%s reads what is new, not the history', (_who, follow) =>
    expectNewOnly(follow),
  );
});

test('GET /api/events reads what is new, not the history', async () => {
  await pool.query('analyze');
  await expectNewOnly(listing);
});

async function expectNewOnly(read: () => Promise<readonly unknown[]>): Promise<void> {
  let found: readonly unknown[] = [];
  const touched = await rowsTouched(pool, async () => {
    found = await read();
  });
  expect(found).toHaveLength(NEW);
  expect(touched).toBeLessThan(40);
}
