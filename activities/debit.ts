import { decideDebit } from '../domain/legs.ts';
import type { ActivityDeps } from './deps.ts';
import { createLeg } from './legs.ts';

/** Step 1 of the saga: takes each transfer's amount from its source account, or records why not. */
export function createDebit(deps: ActivityDeps) {
  return createLeg(deps, {
    leg: 'debit',
    accountOf: (item) => item.from,
    decide: decideDebit,
    refusedAs: 'TransferRejected',
    endsOn: 'refused',
  });
}
