import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Opens an account, with its first deposit where one is given. Retries an outage without end: an accepted command is never given up. */
export function openAccount(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'open the account', null);
}
