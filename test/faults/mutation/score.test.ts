import { describe, expect, test } from 'vitest';
import { fallsShort, rowOf } from './score.ts';

const mutants = ['Killed', 'Killed', 'Timeout', 'Survived', 'NoCoverage', 'RuntimeError', 'Ignored'];
const report = { files: { 'one.ts': { mutants: mutants.map((status) => ({ status })) } } };
const row = rowOf({ area: 'saga', commit: null, what: '', by: '', report, tookMs: 1 });

describe('the score of an area', () => {
  test('is the share of its mutants that was noticed, and one whose run broke down was not', () => {
    expect(row).toMatchObject({ mutants: 6, killed: 3, survived: 1, uncovered: 2, score: '50.0' });
  });

  test('passes from the least score on', () => {
    expect(fallsShort(row, 50)).toBeNull();
    expect(fallsShort(row, 51)).toContain('below 51');
  });

  test('does not pass where nobody has set a least score', () => {
    expect(fallsShort(row, null)).toContain('saga has no least score yet');
  });
});
