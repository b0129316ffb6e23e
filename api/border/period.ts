import { conflictingFields } from '../problem.ts';

/**
 * Both ends are instants as `timeField` writes them; either may be open.
 * @throws Problem 422 `validation` for a period that ends before it begins
 */
export function checkPeriod({
  from,
  to,
}: {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}) {
  if (from === undefined || to === undefined || Date.parse(to) >= Date.parse(from)) return;
  throw conflictingFields('/query/to', 'must not be before from');
}
