import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AccountId,
  accountStream,
  type Tenant,
  type TransferId,
  transferStream,
} from '../domain/ids.ts';
import { refusal } from '../domain/refusals.ts';
import { completeTerms } from '../domain/terms.ts';
import { createPool, type Pool } from '../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../test/database.ts';
import { log, now } from '../test/lab.ts';
import type { Draft } from './draft.ts';
import { transact } from './ledger.ts';
import { readHead } from './lock-heads.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 10, name: 'first-head', log });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const tenant = 'first' as Tenant;
const source = 'source' as AccountId;
const transferId = 'first-of-two' as TransferId;
const metadata = { commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'test' };
const terms = completeTerms({
  ...{ transferId, from: source, to: 'b' as AccountId, amountMinor: 1n, currency: 'EUR' },
  ...{ description: null, reference: null, metadata: {} },
});

test('a head that another transaction makes while this one waits for a lock is seen, not written over', async () => {
  const streams = [accountStream(source), transferStream(transferId)];
  const open = {
    ...{ accountId: source, ownerId: null, name: null, currency: 'EUR' },
    ...{ overdraftLimitMinor: 0n, metadata: {} },
  };
  await transact({ pool, now }, { tenant, streams, outcomes: [] }, (draft) =>
    draft.appendToAccount(source, { type: 'AccountOpened', data: open }, metadata),
  );
  const blocker = await pool.connect();
  await blocker.query('begin');
  await blocker.query('select 1 from heads where tenant = $1 for no key update', [tenant]);

  const seen: (string | null)[] = [];
  const decide = (draft: Draft) => {
    const status = draft.transfer(transferId)?.status ?? null;
    seen.push(status);
    const scheduled = {
      type: 'TransferScheduled' as const,
      data: { ...terms, executeAt: '2099-01-01T00:00:00.000Z' },
    };
    const why = refusal('cancelled', 'by the second');
    const cancelled = { type: 'TransferCancelled' as const, data: { ...terms, refusal: why } };
    draft.appendToTransfer(transferId, status === null ? scheduled : cancelled, metadata);
  };
  const both = [1, 2].map(() => transact({ pool, now }, { tenant, streams, outcomes: [] }, decide));
  await untilWaiting(2);
  await blocker.query('commit');
  blocker.release();
  await Promise.all(both);

  expect(seen.at(-1)).toBe('scheduled');
  const head = await readHead(pool, tenant, transferStream(transferId));
  expect([head?.version, head?.state.status]).toEqual([2, 'cancelled']);
});

/** Until so many transactions wait for a lock of this database. */
async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ waiting: bigint }>(
      `select count(*) as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (Number(rows[0]?.waiting) >= count) return;
  }
}
