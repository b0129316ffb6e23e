import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';
import type { AccountId, OrderId, Tenant } from './ids.ts';
import {
  activePeriods,
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
  pauses: [],
  createdAt: '2026-01-01T00:00:00.000Z',
};
const orderId = 'rent';
const now = '2026-01-10T00:00:00.000Z';
const pause = { type: 'pauseStandingOrder', data: { orderId, reason: 'holiday' } } as const;
const resume = { type: 'resumeStandingOrder', data: { orderId, reason: 'back' } } as const;
const remove = { type: 'deleteStandingOrder', data: { orderId } } as const;

/** What the order is after a pause and, if it is over, its end. */
function pausedFor(from: string, to: string | null, before = order): StandingOrder {
  const apply = (command: typeof pause | typeof resume, on: StandingOrder, at: string) => {
    const decision = decideOrder(command, on, at);
    if (!decision.ok || decision.change === null) throw new Error('it changes the order');
    return { ...on, ...decision.change };
  };
  const paused = apply(pause, before, from);
  return to === null ? paused : apply(resume, paused, to);
}

test('what is due in a pause is not done, not even later; what was due before it is, however late it comes', () => {
  const paused = pausedFor('2026-01-09T00:00:00.000Z', null);
  expect(paused).toMatchObject({ status: 'paused', reason: 'holiday' });
  const resumed = pausedFor('2026-01-09T00:00:00.000Z', now);
  expect(resumed).toMatchObject({ status: 'active', reason: 'back', dueAfter: order.dueAfter });
  const again = pausedFor('2026-01-11T00:00:00.000Z', null, resumed);
  for (const late of [paused, resumed, again]) {
    expect(whyNotDue(late, '2026-01-01T00:00:00Z')).not.toBeNull();
    expect(whyNotDue(late, '2026-01-08T23:00:00Z')).toBeNull();
    expect(whyNotDue(late, '2026-01-09T00:00:00Z')).toBeNull();
    expect(whyNotDue(late, '2026-01-09T01:00:00Z')).toBe('paused');
    expect(whyNotDue(late, '2026-01-10T00:00:00Z')).toBe('paused');
  }
  expect([paused, resumed, again].map((late) => whyNotDue(late, '2026-01-10T01:00:00Z'))).toEqual([
    'paused',
    null,
    null,
  ]);
  expect(whyNotDue(again, '2026-01-11T01:00:00Z')).toBe('paused');
  const at = new Date('2026-01-20T00:00:00.000Z');
  expect(activePeriods(again, at).map(({ start, end }) => [start.toISOString(), end.toISOString()])).toEqual([
    [order.dueAfter, '2026-01-09T00:00:00.000Z'],
    [now, '2026-01-11T00:00:00.000Z'],
  ]);
  expect(activePeriods(resumed, at).at(-1)).toEqual({ start: new Date(now), end: at });
  expect(whyNotDue({ ...paused, status: 'deleted' }, '2026-01-08T23:00:00Z')).toBe('deleted');
});

test('of very many pauses the oldest are forgotten, with what was due before', () => {
  let often = order;
  for (let hour = 1; hour <= 110; hour += 1) {
    const from = new Date(Date.parse(order.createdAt) + hour * 3_600_000);
    often = pausedFor(from.toISOString(), new Date(from.getTime() + 60_000).toISOString(), often);
  }
  expect(often.pauses).toHaveLength(100);
  expect(often.dueAfter).toBe('2026-01-01T10:01:00.000Z');
});

test('doing again what is done changes nothing', () => {
  expect(decideOrder(resume, order, now)).toEqual({ ok: true, change: null });
  expect(decideOrder(pause, { ...order, status: 'paused' }, now)).toEqual({ ok: true, change: null });
  expect(decideOrder(remove, { ...order, status: 'deleted' }, now)).toEqual({ ok: true, change: null });
});

test('an order that is over can be deleted and nothing else', () => {
  const after = '2026-02-01T00:00:00.001Z';
  expect(statusAt(order, after)).toBe('ended');
  expect(statusAt(order, '2026-02-01T00:00:00.000Z')).toBe('active');
  expect(statusAt({ ...order, until: null }, after)).toBe('active');
  expect(statusAt({ ...order, status: 'deleted' }, after)).toBe('deleted');
  expect(decideOrder(pause, order, after)).toMatchObject({ refusal: { code: 'standing-order-final' } });
  expect(decideOrder(resume, { ...order, status: 'deleted' }, now)).toMatchObject({ ok: false });
  expect(decideOrder(remove, order, after)).toMatchObject({ change: { status: 'deleted' } });
});

test('a run counts by when it was due: late ones are done, those outside of the order are not', () => {
  expect(whyNotDue(order, '2026-02-01T00:00:00Z')).toBeNull();
  expect(whyNotDue(order, '2026-02-01T00:00:01Z')).not.toBeNull();
  expect(whyNotDue(order, '2026-01-01T00:00:00Z')).not.toBeNull();
});

test("a run's transfer is named by its second", () => {
  const time = runTime(new Date('2026-08-01T09:00:00.700Z'));
  expect(runTransferId(order.orderId, time)).toBe('rent:2026-08-01T09:00:00Z');
});

test('a duration is a whole number and a unit, of at most ten years', () => {
  expect(['90s', '15m', '24h', '7d', '3650d'].map(parseDuration)).toEqual([
    ...[90_000, 900_000, 86_400_000, 604_800_000, 315_360_000_000],
  ]);
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
