import { Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.ts';
import type { Parts } from './saga-paths.ts';
import { STANDING_ORDER_PATHS, walkStandingOrder } from './standing-order-paths.ts';

let database: TestDatabase;
let parts: Parts;
beforeAll(async () => {
  Runtime.install({
    shutdownSignals: [],
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  database = await createTestDatabase();
  parts = { databaseUrl: database.url, temporalAddress: inject('stack').TEMPORAL_ADDRESS };
});
afterAll(() => database.drop());

describe('every path of standing orders, on real Temporal and Postgres', () => {
  test.each(STANDING_ORDER_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab, command, result } = await walkStandingOrder(path, parts);
    expect([command.status, command.refusal]).toEqual(['completed', null]);
    if (path.ends !== null) expect(result).toMatchObject(path.ends);
    await lab.close();
  });
});
