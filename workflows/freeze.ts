import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Stops everything on an account but refunds. Retries an outage without end: an accepted command is never given up. */
export function freeze(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'freeze the account', null);
}
