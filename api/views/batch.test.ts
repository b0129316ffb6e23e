import { expect, test } from 'vitest';
import { batchCounts } from '../../domain/batch.ts';
import type { TransferStatus } from '../../domain/transfer.ts';
import type { Batch } from '../../sql/batches.ts';
import { batchView } from './batch.ts';

const AT = '2026-08-01T12:00:00.000Z';

function batch(statuses: Partial<Record<TransferStatus, number>>, more: Partial<Batch> = {}): Batch {
  const counts = batchCounts(2, new Map(Object.entries(statuses) as [TransferStatus, number][]));
  const times = { createdAt: AT, cancelledAt: AT, lastEndAt: AT };
  return { batchId: 'b', commandId: 'c', counts, ended: true, ...times, ...more };
}

test('a batch is cancelled where its cancellation stopped something, and completed where it came too late', () => {
  expect(batchView(batch({ completed: 1, cancelled: 1 }))).toMatchObject({ status: 'cancelled' });
  expect(batchView(batch({ completed: 2 }))).toMatchObject({ status: 'completed', finishedAt: AT });
});

test('a transfer that was cancelled by itself does not make its batch cancelled', () => {
  const own = batch({ completed: 1, cancelled: 1 }, { cancelledAt: null });
  expect(batchView(own)).toMatchObject({ status: 'completed' });
});

test('a batch with a transfer that has not ended runs, and has no end', () => {
  expect(batchView(batch({ cancelled: 1 }))).toMatchObject({ status: 'running', finishedAt: null });
});
