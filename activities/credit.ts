import { decide } from '../domain/account.ts';
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
    decide: (terms, account) => decide({ type: 'credit', data: terms }, account),
    refusedAs: 'CreditRefused',
    endsOn: 'done',
  });
}
