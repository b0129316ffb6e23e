import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log } from '../test/lab.ts';
import { awaitReplay } from './await-replay.ts';

let database: TestDatabase;
let pool: Pool;
/** A replay that no projector will ever do. */
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 2, name: 'await-replay', log });
  await pool.query(`insert into dead_letters (dead_letter_id, payload, cause, status, created_at)
    values ('letter', 'garbage', 'no event', 'parked', now())`);
  await pool.query(`insert into dead_letter_replays (replay_id, dead_letter_id, principal)
    values ('asked', 'letter', 'local')`);
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

test('who waits for a replay that nobody does is told so in time', async () => {
  expect(await awaitReplay(pool, 'asked', 50)).toMatchObject({ status: 'requested' });
});

test('a process that is about to end keeps nobody waiting', async () => {
  const hurry = new AbortController();
  const waiting = awaitReplay(pool, 'asked', 60_000, hurry.signal);
  hurry.abort();
  expect(await waiting).toMatchObject({ status: 'requested' });
});
