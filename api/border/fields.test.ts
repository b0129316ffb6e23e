import { describe, expect, test } from 'vitest';
import { timeField } from './fields.ts';

describe('a time', () => {
  test.each([
    ['2026-01-01T00:00:00+23:59', '2025-12-31T00:01:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    // Stored times have milliseconds: both ends of a period stay right when they are rounded up.
    ['2026-01-01T00:00:00.0001Z', '2026-01-01T00:00:00.001Z'],
    ['2026-01-01T00:00:00.100000Z', '2026-01-01T00:00:00.100Z'],
  ])('%s is %s', (text, instant) => {
    expect(timeField.parse(text)).toBe(instant);
  });

  test.each([
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '9999-12-31T23:59:59.9999Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00Z',
    '',
  ])('%s is refused', (text) => {
    expect(timeField.safeParse(text).success).toBe(false);
  });
});
