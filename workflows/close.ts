import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Closes an empty account for good. Retries an outage without end: an accepted command is never given up. */
export function close(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'close the account', null);
}
