import { Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type { TransferId } from '../domain/ids.ts';
import { readTransfer } from '../sql/read-transfer.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import type { Parts } from './saga-paths.ts';
import { TRANSFER_PATHS, walkTransfer } from './transfer-paths.ts';

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

describe('every path of transfers that wait or are parked, on real Temporal and Postgres', () => {
  test.each(TRANSFER_PATHS.map((path) => [path.name, path] as const))('%s', async (_, path) => {
    const { lab } = await walkTransfer(path, parts);
    const left = path.ends.transfer === 'needs_attention' ? ['parkedTransfer'] : [];
    await vi.waitFor(
      async () => {
        const found = await readTransfer(lab.pool, lab.tenant, 'pay' as TransferId);
        const { status, refusal } = found?.transfer ?? {};
        expect([status, refusal?.code ?? null]).toEqual([path.ends.transfer, path.ends.code]);
        const { rows } = await lab.pool.query<{ type: string }>(
          'select workflow_type as type from expected_workflows where tenant = $1',
          [lab.tenant],
        );
        expect(rows.map(({ type }) => type)).toEqual(left);
      },
      { timeout: 20_000, interval: 100 },
    );
    await lab.close();
  });
});
