import { expect, test } from 'vitest';
import { addOutgoing, giveBackOutgoing, outgoingOn } from './daily.ts';

const DAY = '2026-08-01T23:59:59.999Z';
const NEXT = '2026-08-02T00:00:00.000Z';

test('what leaves adds up within a day (UTC) and begins anew with the next', () => {
  const first = addOutgoing(addOutgoing(null, DAY, 2n), DAY, 3n);
  expect(first).toEqual({ date: '2026-08-01', amountMinor: 5n });
  expect(outgoingOn(first, DAY)).toBe(5n);
  expect(outgoingOn(first, NEXT)).toBe(0n);
  expect(addOutgoing(first, NEXT, 1n)).toEqual({ date: '2026-08-02', amountMinor: 1n });
});

test('a clock that goes back counts for the day that was reached', () => {
  const reached = addOutgoing(null, NEXT, 2n);
  expect(addOutgoing(reached, DAY, 3n)).toEqual({ date: '2026-08-02', amountMinor: 5n });
  expect(outgoingOn(reached, DAY)).toBe(2n);
});

test('what comes back counts for the day it had left on, and for no other', () => {
  const outgoing = addOutgoing(null, NEXT, 5n);
  expect(giveBackOutgoing(outgoing, NEXT, 2n)).toEqual({ date: '2026-08-02', amountMinor: 3n });
  expect(giveBackOutgoing(outgoing, DAY, 2n)).toEqual(outgoing);
  expect(giveBackOutgoing(outgoing, null, 2n)).toEqual(outgoing);
  expect(giveBackOutgoing(null, NEXT, 2n)).toBeNull();
});
