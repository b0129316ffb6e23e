import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Lets a frozen account move money again. Retries an outage without end: an accepted command is never given up. */
export function unfreeze(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'unfreeze the account', null);
}
