import { expect, test } from 'vitest';
import { batchCounts } from './batch.ts';
import { tally } from './item-ranges.ts';
import type { TransferStatus } from './transfer.ts';

test('what has no end yet, or has not begun, is pending', () => {
  const byStatus = new Map<TransferStatus, number>([
    ['completed', 1],
    ['rejected', 2],
    ['refunded', 3],
    ['cancelled', 4],
    ['needs_attention', 5],
    ['debited', 6],
    ['scheduled', 7],
  ]);
  expect(batchCounts(30, byStatus)).toEqual({
    ...{ total: 30, completed: 1, rejected: 2, refunded: 3, cancelled: 4, needsAttention: 5, pending: 15 },
  });
  expect(batchCounts(2, new Map())).toMatchObject({ completed: 0, pending: 2 });
});

test('things are counted by their name', () => {
  expect(tally(['a', 'b', 'a'])).toEqual({ a: 2, b: 1 });
  expect(tally([])).toEqual({});
});
