import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { migrate } from '../sql/migrate.ts';
import type { TestStack } from './context.ts';

/** A database that belongs to one test file. */
export type TestDatabase = { url: string; drop(): Promise<void> };

/**
 * A migrated, empty database of one's own, cloned in some 50 ms. Call it in `beforeAll`, drop it in `afterAll`.
 * @example const database = await createTestDatabase(); const pool = createPool({ url: database.url, ... });
 */
export async function createTestDatabase(stack: TestStack = inject('stack')): Promise<TestDatabase> {
  const name = `${stack.templateDatabase}_${randomUUID().slice(0, 8)}`;
  await execute(stack.DATABASE_URL, `create database ${name} template ${stack.templateDatabase}`);
  return {
    url: databaseUrl(stack.DATABASE_URL, name),
    async drop() {
      await execute(stack.DATABASE_URL, `drop database if exists ${name} with (force)`);
    },
  };
}

/** A database of one's own without any table: for tests of the migrations themselves. Drop it in `afterAll`. */
export async function createEmptyDatabase(stack: TestStack = inject('stack')): Promise<TestDatabase> {
  const name = `${stack.templateDatabase}_${randomUUID().slice(0, 8)}`;
  await execute(stack.DATABASE_URL, `create database ${name}`);
  return {
    url: databaseUrl(stack.DATABASE_URL, name),
    async drop() {
      await execute(stack.DATABASE_URL, `drop database if exists ${name} with (force)`);
    },
  };
}

/** Makes the database that the others are cloned from, migrated once, and answers with its name. */
export async function createTemplate(serverUrl: string): Promise<string> {
  const name = `remit_test_${randomUUID().slice(0, 8)}`;
  await execute(serverUrl, `create database ${name}`);
  await migrate(databaseUrl(serverUrl, name));
  // A single connection to it would make every clone fail.
  await execute(serverUrl, `alter database ${name} allow_connections false`);
  return name;
}

/** Drops the template and every clone that a failed test left. */
export async function dropTemplate(serverUrl: string, template: string): Promise<void> {
  const sql = `select datname from pg_database where datname like '${template}%'`;
  const { rows } = await execute(serverUrl, sql);
  for (const { datname } of rows) await execute(serverUrl, `drop database if exists ${datname} with (force)`);
}

function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function execute(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
