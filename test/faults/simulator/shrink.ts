import type { Parts } from './parts.ts';
import { type Outcome, simulate } from './simulation.ts';

/** Runs that are tried to make a failing one smaller, and how long that may take. */
const MOST_RUNS = 60;
const MOST_MS = 90_000;

/**
 * Looks for a smaller run that still breaks the same invariant: with fewer faults, then fewer operations, by leaving
 * out halves, then quarters, and so on down to single ones.
 */
export async function shrink(parts: Parts, failing: Outcome): Promise<Outcome> {
  let best = failing;
  let runs = 0;
  const untilMs = Date.now() + MOST_MS;
  const broke = invariantOf(failing);
  const tryWith = async (operations: readonly number[], faults: readonly string[]): Promise<boolean> => {
    if (runs >= MOST_RUNS || Date.now() > untilMs) return false;
    runs += 1;
    const outcome = await simulate(parts, { seed: failing.plan.seed, operations, faults });
    if (invariantOf(outcome) !== broke) return false;
    best = outcome;
    return true;
  };
  await leaveOut(
    () => best.faults,
    (faults) => tryWith(best.operations, faults),
  );
  await leaveOut(
    () => best.operations,
    (operations) => tryWith(operations, best.faults),
  );
  await leaveOut(
    () => best.faults,
    (faults) => tryWith(best.operations, faults),
  );
  return best;
}

async function leaveOut<T>(
  current: () => readonly T[],
  stillFails: (rest: readonly T[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(current().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < current().length; ) {
      const all = current();
      const rest = [...all.slice(0, start), ...all.slice(start + size)];
      if (!(await stillFails(rest))) start += size;
    }
  }
}

/** The name of the first invariant that is broken, such as `I5`. */
function invariantOf({ violations }: Outcome): string | undefined {
  return violations[0]?.split(':')[0];
}
