import { expect, test } from 'vitest';
import { dropped } from './gate.ts';
import type { Line } from './lines.ts';
import { judge, type Target } from './targets.ts';

const lines: readonly Line[] = [
  {
    id: 'a',
    what: 'singles',
    figures: [{ label: '', value: 70, unit: '/s' }],
    cpuEachMs: { postgres: 1, temporal: 3 },
  },
];
const rate = (wanted: Target['wanted']): Target => ({
  ...{ name: 'rate', line: 'a', wanted, unit: 'ratio' },
  measure: ([line]) => line!.figures[0]!.value,
});

test('a missed target names the process with the most processor time', () => {
  expect(judge([rate({ atLeast: 80 })], lines)).toMatchObject([
    { measured: 70, met: false, bottleneck: 'temporal, 75 % of the processor time' },
  ]);
});

test('a target that is met has no bottleneck', () => {
  expect(judge([rate({ atLeast: 70 })], lines)).toMatchObject([{ met: true, bottleneck: null }]);
});

test('a ratio that must be high may drop by 35 %, and no further', () => {
  const verdicts = judge([rate({ atLeast: 0 })], lines);
  expect(dropped({ 'a rate': 107 }, verdicts)).toEqual([]);
  expect(dropped({ 'a rate': 108 }, verdicts)).toEqual(['a rate was 108 and is 70.00']);
});

test('a ratio that must be low may rise as much', () => {
  const verdicts = judge([rate({ atMost: 0 })], lines);
  expect(dropped({ 'a rate': 46 }, verdicts)).toEqual([]);
  expect(dropped({ 'a rate': 45 }, verdicts)).toEqual(['a rate was 45 and is 70.00']);
});

test('a ratio that nobody kept is not compared', () => {
  expect(dropped({}, judge([rate({ atLeast: 80 })], lines))).toEqual([]);
});
