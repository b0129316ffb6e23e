import { describe, expect, test } from 'vitest';
import { parsePrefer } from './prefer.ts';

describe('Prefer', () => {
  test.each([
    [undefined, 5_000, null],
    ['', 5_000, null],
    ['wait=3', 3_000, 'wait=3'],
    ['WAIT=3', 3_000, 'wait=3'],
    ['wait = "3"', 3_000, 'wait=3'],
    ['wait=0', 0, 'wait=0'],
    ['wait=31', 30_000, 'wait=30'],
    ['wait=999999999', 30_000, 'wait=30'],
    ['respond-async', 0, 'respond-async'],
    ['respond-async, wait=2', 2_000, 'wait=2'],
    ['return=minimal, respond-async; foo=bar', 0, 'respond-async'],
    ['handling=lenient', 5_000, null],
    ['wait=1, wait=2', 1_000, 'wait=1'],
  ])('%s waits %d ms', (header, waitMs, applied) => {
    expect(parsePrefer(header, 5_000)).toEqual({ waitMs, applied });
  });

  test.each(['wait', 'wait=', 'wait=-1', 'wait=1.5', 'wait=abc', 'wait="1', 'wait=1e3', 'wait=99999999999'])(
    'refuses %s',
    (header) => {
      expect(() => parsePrefer(header, 5_000)).toThrow(/whole seconds/);
    },
  );
});
