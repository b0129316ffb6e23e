import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';
import type { AccountId, OrderId, Tenant } from './ids.ts';
import {
  decideOrder,
  runTime,
  runTransferId,
  type StandingOrder,
  statusAt,
  whyNotDue,
} from './standing-order.ts';

const order: StandingOrder = {
  tenant: 'main' as Tenant,
  orderId: 'rent' as OrderId,
  from: 'a' as AccountId,
  to: 'b' as AccountId,
  amountMinor: 1n,
  currency: 'EUR',
  description: null,
  reference: null,
  metadata: {},
  cron: null,
  every: '1h',
  until: '2026-02-01T00:00:00.000Z',
  overlap: 'allow-all',
  catchUp: null,
  status: 'active',
  reason: null,
  revision: 1,
  dueAfter: '2026-01-01T00:00:00.000Z',
  createdAt: '2026-01-01T00:00:00.000Z',
};
const orderId = 'rent';
const now = '2026-01-10T00:00:00.000Z';
const pause = { type: 'pauseStandingOrder', data: { orderId, reason: 'holiday' } } as const;
const resume = { type: 'resumeStandingOrder', data: { orderId, reason: 'back' } } as const;
const remove = { type: 'deleteStandingOrder', data: { orderId } } as const;

test('resuming begins afresh: what was due before is not due any more', () => {
  const paused = { ...order, status: 'paused' as const };
  const decision = decideOrder(resume, paused, now);
  expect(decision).toEqual({ ok: true, change: { status: 'active', reason: 'back', dueAfter: now } });
  const resumed = { ...order, dueAfter: now };
  expect(whyNotDue(resumed, '2026-01-09T23:00:00Z')).not.toBeNull();
  expect(whyNotDue(resumed, '2026-01-10T01:00:00Z')).toBeNull();
});

test('doing again what is done changes nothing', () => {
  expect(decideOrder(resume, order, now)).toEqual({ ok: true, change: null });
  expect(decideOrder(pause, { ...order, status: 'paused' }, now)).toEqual({ ok: true, change: null });
  expect(decideOrder(remove, { ...order, status: 'deleted' }, now)).toEqual({ ok: true, change: null });
});

test('an order that is over can be deleted and nothing else', () => {
  const after = '2026-02-01T00:00:00.001Z';
  expect(statusAt(order, after)).toBe('ended');
  expect(decideOrder(pause, order, after)).toMatchObject({ refusal: { code: 'standing-order-final' } });
  expect(decideOrder(resume, { ...order, status: 'deleted' }, now)).toMatchObject({ ok: false });
  expect(decideOrder(remove, order, after)).toMatchObject({ change: { status: 'deleted' } });
});

test('a run counts by when it was due: late ones are done, those outside of the order are not', () => {
  expect(whyNotDue(order, '2026-02-01T00:00:00Z')).toBeNull();
  expect(whyNotDue(order, '2026-02-01T00:00:01Z')).not.toBeNull();
  expect(whyNotDue(order, '2026-01-01T00:00:00Z')).not.toBeNull();
  expect(whyNotDue({ ...order, status: 'paused' }, '2026-01-02T00:00:00Z')).toBe('paused');
});

test("a run's transfer is named by its second", () => {
  const time = runTime(new Date('2026-08-01T09:00:00.700Z'));
  expect(runTransferId(order.orderId, time)).toBe('rent:2026-08-01T09:00:00Z');
});

test('a duration is a whole number and a unit, of at most ten years', () => {
  expect(['90s', '15m', '24h', '7d'].map(parseDuration)).toEqual([90_000, 900_000, 86_400_000, 604_800_000]);
  for (const wrong of [
    '',
    '0s',
    '01s',
    '1.5h',
    '-1s',
    '1w',
    '1',
    's',
    '3651d',
    '1h30m',
    ' 1h',
    '999999999d',
  ]) {
    expect(parseDuration(wrong), wrong).toBeUndefined();
  }
});
