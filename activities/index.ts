import { createCredit } from './credit.ts';
import { createDebit } from './debit.ts';
import { createDecideAccountCommands } from './decide-account-commands.ts';
import type { ActivityDeps } from './deps.ts';
import { createRefund } from './refund.ts';

/** All activities by the names that workflows call them. */
export function createActivities(deps: ActivityDeps) {
  return {
    decideAccountCommands: createDecideAccountCommands(deps),
    debit: createDebit(deps),
    credit: createCredit(deps),
    refund: createRefund(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
