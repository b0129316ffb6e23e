import { decideCredit } from '../domain/legs.ts';
import { termsOf } from '../domain/terms.ts';
import { readDebitedItems } from '../sql/read-items.ts';
import type { ActivityDeps } from './deps.ts';
import { createLeg, createRangeLeg, type LegRules } from './legs.ts';

const RULES: LegRules = {
  leg: 'credit',
  itemsOf: readDebitedItems,
  accountOf: (item) => item.to,
  decide: (draft, item) => decideCredit(termsOf(item), draft.account(item.to), draft.at),
  refusedAs: 'CreditRefused',
  endsOn: 'done',
};

/**
 * Step 2 of the saga, on debited transfers: gives each amount to its destination account, which completes the
 * transfer, or records why the destination refuses.
 */
export function createCredit(deps: ActivityDeps) {
  return createLeg(deps, RULES);
}

/** The same on a range of a batch. */
export function createCreditRange(deps: ActivityDeps) {
  return createRangeLeg(deps, RULES);
}
