import { expect, test } from 'vitest';
import { isMiss, oneLine, toMarkdown } from './report.ts';
import type { Report } from './run.ts';

const MISSED = 'the fault hit nothing';

const VERDICT = { invariant: 'I1', ok: true, checked: 3, violation: null } as Report['verdicts'][number];
const report = (given: Partial<Report> = {}): Report => ({
  scenario: 'F1',
  title: 'a fault',
  seed: 1,
  hits: 2,
  note: null,
  retries: 0,
  compensations: { caused: 0, asked: 0 },
  requests: { sent: 9, answered: 9, final: 9, pending: 0, refused: 0, failed: 0, unknown: 0 },
  verdicts: [VERDICT],
  tookMs: 1_000,
  failures: [],
  ...given,
});

test('a run that the fault missed is no failure and no pass, unless more is amiss', () => {
  const missed = report({ hits: 0, failures: [MISSED, 'logs: there'] });
  expect(isMiss(missed)).toBe(true);
  expect(oneLine(missed)).toContain(MISSED);
  expect(oneLine(missed)).not.toContain('FAILED');
  expect(isMiss(report())).toBe(false);
  expect(isMiss(report({ hits: 0, failures: [MISSED, 'I1 violated: 1 too many'] }))).toBe(false);
  expect(isMiss(report({ hits: 0, failures: [MISSED], verdicts: [] }))).toBe(false);
  expect(isMiss(report({ failures: ['the run broke off'] }))).toBe(false);
});

test('the table counts the runs that the fault missed, and nothing else of them', () => {
  const rows = toMarkdown([report(), report({ seed: 2, hits: 0, failures: [MISSED] }), report({ seed: 2 })]);
  expect(rows.split('\n').at(-1)).toBe(
    '| F1 | a fault | 2 | 4 | 1 | 0 | 0 (0) | 18, 0, 0 | 1 held, 6 checks | 2 |',
  );
});
