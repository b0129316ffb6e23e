import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Pays money out to the outside. Retries an outage without end: an accepted command is never given up. */
export function withdraw(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'withdraw', null);
}
