import { createCredit } from './credit.ts';
import { createDebit } from './debit.ts';
import { createDecideAccountCommands } from './decide-account-commands.ts';
import { createDeliverWebhook } from './deliver-webhook.ts';
import type { ActivityDeps } from './deps.ts';
import { createIsSettled } from './is-settled.ts';
import { createRefund } from './refund.ts';

/** All activities by the names that workflows call them. */
export function createActivities(deps: ActivityDeps) {
  return {
    decideAccountCommands: createDecideAccountCommands(deps),
    debit: createDebit(deps),
    credit: createCredit(deps),
    refund: createRefund(deps),
    isSettled: createIsSettled(deps),
    deliverWebhook: createDeliverWebhook(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
