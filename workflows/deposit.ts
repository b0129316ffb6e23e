import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Pays money in from outside. Retries an outage without end: an accepted command is never given up. */
export function deposit(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'deposit', null);
}
