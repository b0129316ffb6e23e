import { expect, test } from 'vitest';
import { calendarsOf, refuseCron, runsAfter } from './timetable.ts';

const from = new Date('2026-11-21T10:00:00Z');
const times = (runs: Date[]) => runs.map((run) => run.toISOString().slice(0, 16));

test('a cron is due after an instant, never at it', () => {
  const noon = { cron: '0 10 * * *', last: null };
  expect(times(runsAfter(noon, from, 2))).toEqual(['2026-11-22T10:00', '2026-11-23T10:00']);
});

test('where both days are restricted either is enough', () => {
  const cron = '0 9 1 * MON';
  const runs = runsAfter({ cron, last: null }, from, 3);
  expect(times(runs)).toEqual(['2026-11-23T09:00', '2026-11-30T09:00', '2026-12-01T09:00']);
  expect(calendarsOf(cron)).toMatchObject([
    { dayOfMonth: [1], dayOfWeek: '*' },
    { dayOfMonth: '*', dayOfWeek: [1] },
  ]);
});

test('both numbers of Sunday are one day', () => {
  expect(calendarsOf('0 0 * * 5-7')).toMatchObject([{ dayOfMonth: '*', dayOfWeek: [0, 5, 6] }]);
});

test('an interval is counted from its anchor, whose own instant is no run', () => {
  const timetable = { everyMs: 7_000, anchorMs: from.getTime(), last: null };
  const seconds = (after: Date) =>
    runsAfter(timetable, after, 2).map((run) => run.getTime() - from.getTime());
  expect(seconds(new Date(from.getTime() - 60_000))).toEqual([7_000, 14_000]);
  expect(seconds(from)).toEqual([7_000, 14_000]);
  expect(seconds(new Date(from.getTime() + 14_000))).toEqual([21_000, 28_000]);
});

test('nothing is due after the last instant, which itself still counts', () => {
  const timetable = { everyMs: 1_000, anchorMs: from.getTime(), last: new Date(from.getTime() + 2_000) };
  expect(runsAfter(timetable, from, 5)).toHaveLength(2);
});

test.each([
  '0 9 * *',
  '0 0 9 * * *',
  '@daily',
  '60 * * * *',
  '* 24 * * *',
  '0 0 0 * *',
  '0 0 31 2 *',
  '0 0 31 4,6 *',
  '0 0 L * *',
  '0 0 15W * *',
  '0 0 * * 5#3',
  '0 0 * * FUN',
  '0  9 * * *',
  '*/0 * * * *',
  '5-1 * * * *',
  'H * * * *',
  '? * * * *',
])('%s is refused', (cron) => {
  expect(refuseCron(cron)).not.toBeNull();
});

test.each(['* * * * *', '*/5 9-17 * * 1-5', '0 9 1,15 * *', '0 0 29 2 *', '30 6 * JAN-mar Sun'])(
  '%s is taken',
  (cron) => {
    expect(refuseCron(cron)).toBeNull();
  },
);
