import { expect, test } from 'vitest';
import { fromWire, toWire } from './wire.ts';

test('amounts travel as strings, at any depth, and come back as what they were', () => {
  const value = { amountMinor: 5n, items: [{ feeMinor: 0n, name: 'x' }], limits: { dailyMinor: null } };
  expect(toWire(value)).toEqual({
    amountMinor: '5',
    items: [{ feeMinor: '0', name: 'x' }],
    limits: { dailyMinor: null },
  });
  expect(fromWire(toWire(value))).toEqual(value);
});

test('what a user calls an amount in metadata stays as it is', () => {
  const value = { amountMinor: 5n, metadata: { feeMinor: '12' } };
  expect(fromWire(toWire(value))).toEqual(value);
});

test('a hold may be called metadata', () => {
  expect(toWire({ holds: { metadata: { amountMinor: 5n } } })).toEqual({
    holds: { metadata: { amountMinor: '5' } },
  });
});
