import { decideCredit } from '../domain/legs.ts';
import { termsOf } from '../domain/terms.ts';
import type { ActivityDeps } from './deps.ts';
import { createLeg } from './legs.ts';

/**
 * Step 2 of the saga, on debited transfers: gives each amount to its destination account, which completes the
 * transfer, or records why the destination refuses.
 */
export function createCredit(deps: ActivityDeps) {
  return createLeg(deps, {
    leg: 'credit',
    accountOf: (item) => item.to,
    decide: (draft, item) => decideCredit(termsOf(item), draft.account(item.to), draft.at),
    refusedAs: 'CreditRefused',
    endsOn: 'done',
  });
}
