import { expect, test } from 'vitest';
import type { AccountId, CommandId, TransferId } from './ids.ts';
import { readItem, type WireItem } from './saga.ts';
import { completeTerms } from './terms.ts';

test('an item that names little is a plain transfer of now', () => {
  const plain = {
    ...{ transferId: 't' as TransferId, from: 'a' as AccountId, to: 'b' as AccountId, currency: 'EUR' },
    ...{ description: null, reference: null, metadata: {} },
  };
  const own = { commandId: 'c' as CommandId, actor: 'ann' };
  const wire: WireItem = { ...plain, ...own, amountMinor: '30' };
  const item = { ...completeTerms({ ...plain, amountMinor: 30n }), ...own, executeAt: null, batchId: null };
  expect(readItem(wire)).toEqual(item);
  const more = { feeMinor: '2', executeAt: '2030-01-01T00:00:00.000Z', batchId: 'batch' };
  expect(readItem({ ...wire, ...more })).toEqual({ ...item, ...more, feeMinor: 2n });
});
