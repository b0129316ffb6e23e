import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventMetadata } from '../../domain/events.ts';
import { transferStream } from '../../domain/ids.ts';
import {
  caughtUp,
  open,
  openProjectorLab,
  type ProjectorLab,
  TENANT,
  terms,
  transfer,
} from '../../test/projecting.ts';
import { transact } from '../ledger.ts';
import { checkIntegrity } from './check-integrity.ts';

/** Together more than two pages of a transfer's own events. */
const REVERSALS = 600;
const METADATA: EventMetadata = { commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'test' };
let lab: ProjectorLab;

beforeAll(async () => {
  lab = await openProjectorLab();
  lab.start();
  await open(lab.pool, 'ann');
  await open(lab.pool, 'bob');
});
afterAll(() => lab?.close());

const violations = async () =>
  (await checkIntegrity(lab.readPool, lab.pool, TENANT)).checks.flatMap(
    (check) => check.firstViolation ?? [],
  );

test('a transfer that was reversed more often than a page has events is its fold, and its row is it', async () => {
  const first = await transfer(lab.pool, 'ann', 'bob', 7n);
  await transfer(lab.pool, 'ann', 'bob', 1n, true);
  const reversal = terms('bob', 'ann', 1n, { reverses: first.transferId });
  await transact(
    { pool: lab.pool, now: () => new Date() },
    { tenant: TENANT, streams: [transferStream(first.transferId)], outcomes: [] },
    (draft) => {
      const data = { ...first, reversalId: reversal.transferId };
      for (let done = 0; done < REVERSALS; done += 1) {
        const taken = { type: 'ReversalDebited' as const, data: { ...data, reversedMinor: 2n } };
        const given = { type: 'ReversalRefunded' as const, data: { ...data, reversedMinor: 1n } };
        draft.appendToTransfer(first.transferId, taken, METADATA);
        draft.appendToTransfer(first.transferId, given, METADATA);
      }
    },
  );
  await transfer(lab.pool, 'ann', 'bob', 1n, true);
  await caughtUp(lab);
  expect(await violations()).toEqual([]);
  await lab.readPool.query('update transfers set reversed_minor = 2 where transfer_id = $1', [
    first.transferId,
  ]);
  expect(await violations()).toEqual([
    `transfers row ${first.transferId} differs from its events in reversed_minor`,
  ]);
});
