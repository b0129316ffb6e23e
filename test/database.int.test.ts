import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';

let databases: TestDatabase[];

beforeAll(async () => {
  databases = await Promise.all([createTestDatabase(), createTestDatabase()]);
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
});

test('each test database is migrated and apart from the others', async () => {
  const [one, two] = databases.map(({ url }) => new pg.Client({ connectionString: url }));
  await Promise.all([one!.connect(), two!.connect()]);
  await one!.query('create table only_here ()');
  const { rows } = await two!.query(
    "select to_regclass('only_here') as here, to_regclass('events') as events",
  );
  expect(rows).toEqual([{ here: null, events: 'events' }]);
  await Promise.all([one!.end(), two!.end()]);
});
