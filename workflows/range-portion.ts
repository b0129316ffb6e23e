import type { ItemRange, RangeResult } from '../domain/item-ranges.ts';
import { tooLate, WITHDRAWN } from './list-portion.ts';
import type { Portion } from './portion.ts';
import { runStep } from './steps.ts';

/**
 * Registers a range for compensation, as a whole: its items are rows, and the activities find those that
 * want a step. It is taken off when each step has told that nothing was left open.
 */
export function createRangePortion(range: ItemRange, deadlineMs: number): Portion {
  const named = 'groupId' in range ? 'the group' : `items ${range.from} to ${range.to - 1}`;
  const failed: string[] = [];
  let reason = tooLate(deadlineMs);
  let open = true;

  /** Done, refused and waiting items are seen to by the step; what remains is the compensation's. */
  function hasLeft({ counts, failed: more }: RangeResult): boolean {
    failed.push(...more);
    return more.length + (counts.void ?? 0) > 0;
  }

  return {
    async debit(deadline) {
      const result = await runStep('debitRange', range, `debit ${named}`, deadline);
      const debited = (result.counts.done ?? 0) > 0;
      open = hasLeft(result) || debited;
      return debited;
    },
    async credit(deadline) {
      const left = failed.length > 0;
      const result = await runStep('creditRange', range, `credit ${named}`, deadline);
      open = hasLeft(result) || left || (result.counts.refused ?? 0) > 0;
    },
    isOpen: () => open,
    withdraw() {
      reason = WITHDRAWN;
    },
    async compensate() {
      await runStep('refundRange', { ...range, reason, failed }, `refund ${named}`, null);
      open = false;
    },
  };
}
