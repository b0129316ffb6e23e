/** Who was answered together may come back together: so long the next group waits for them. */
const RETURN_MS = 40;
/** The part of those answered lately that must have come back before they are waited for. */
const LEAST_RETURNING = 0.5;

export type Returning = {
  /** As many must wait for the next group to begin; 0 where nobody in particular is waited for. */
  expected(): number;
  /** A group begins. */
  stopWaiting(): void;
  /** One came. */
  came(): void;
  /** So many were answered just now, while others wait already. */
  answered(count: number, others: number): void;
};

/**
 * How many the next group waits for. Callers that send their next request when they have an answer come back together,
 * and a group of them all costs what one of a few does; whether these here do so is seen from what came after each group.
 */
export function createReturning(wake: () => void): Returning {
  let share = 0;
  let arrivals = 0;
  let expected = 0;
  let waitNo = 0;
  return {
    expected: () => expected,
    stopWaiting() {
      expected = 0;
    },
    came() {
      arrivals += 1;
    },
    answered(count: number, others: number) {
      const before = arrivals;
      waitNo += 1;
      const wait = waitNo;
      if (share >= LEAST_RETURNING) expected = others + Math.round(count * share);
      setTimeout(() => {
        share = (share + Math.min(1, (arrivals - before) / count)) / 2;
        if (wait !== waitNo) return;
        expected = 0;
        wake();
      }, RETURN_MS).unref();
    },
  };
}
