import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Changes an account's limits. Retries an outage without end: an accepted command is never given up. */
export function setLimits(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'set limits', null);
}
