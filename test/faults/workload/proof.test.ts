import { expect, test } from 'vitest';
import type { History } from './history.ts';
import { judgeChecks } from './integrity.ts';
import { historyOf, STATUSES, WORLD } from './made-up.ts';
import { violations } from './planting.ts';
import { judgeReadRows } from './read-invariants.ts';
import { judgeSamples } from './samples.ts';

test('I4 counts no check where there was nothing to look at, and names a row too many', () => {
  expect(judgeReadRows(historyOf({ observations: [], facts: [] }, new Map()))).toMatchObject({
    checked: 0,
  });
  const [row] = historyOf(WORLD, STATUSES).readRows;
  const stray = { ...row!, version: 99 };
  const strayed = (history: History) => ({ ...history, readRows: [...history.readRows, stray] });
  expect(violations({ history: strayed }).I4).toContain('/99, which is no event that moves money');
});

test('I1 and I2 are violated by a load during which hardly any sample was taken', () => {
  const verdicts = (['I1', 'I2'] as const).map((invariant) => {
    return { invariant, ok: true, checked: 4, violation: null };
  });
  expect(judgeSamples({ verdicts, taken: 5, skipped: 30 })).toEqual(verdicts);
  const violation = 'only 4 samples were taken under load (31 skipped): 5 are needed';
  expect(judgeSamples({ verdicts, taken: 4, skipped: 31 })).toEqual(
    verdicts.map((verdict) => ({ ...verdict, ok: false, violation })),
  );
});

test('I5 is violated by an integrity check that failed, and by one that looked at nothing', () => {
  const check = { name: 'legs-pair-up', ok: true, checked: 1, firstViolation: null };
  expect(judgeChecks([check])).toMatchObject({ ok: true });
  expect(judgeChecks([check, { ...check, checked: 0 }])).toMatchObject({
    violation: 'GET /api/integrity: legs-pair-up looked at nothing',
  });
  expect(judgeChecks([{ ...check, ok: false, firstViolation: 't1 has one leg' }])).toMatchObject({
    violation: 'GET /api/integrity: legs-pair-up: t1 has one leg',
  });
});
