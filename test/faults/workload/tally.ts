import type { Verdict } from './load.ts';

/** Counts what was looked at for one invariant, and keeps the first violation. */
export type Tally = {
  /** Looks at one thing; `violation` is made only where it does not hold. Returns `holds`. */
  expect(holds: boolean, violation: () => string): boolean;
  verdict(): Verdict;
};

/** An empty tally. */
export function createTally(invariant: Verdict['invariant']): Tally {
  let checked = 0;
  let first: string | null = null;
  return {
    expect(holds, violation) {
      checked += 1;
      if (!holds) first ??= violation();
      return holds;
    },
    verdict: () => ({ invariant, ok: first === null, checked, violation: first }),
  };
}

/** One verdict of two about the same invariant. */
export function join(one: Verdict, other: Verdict): Verdict {
  return {
    invariant: one.invariant,
    ok: one.ok && other.ok,
    checked: one.checked + other.checked,
    violation: one.violation ?? other.violation,
  };
}
