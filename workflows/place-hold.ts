import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Reserves money on an account. Retries an outage without end: an accepted command is never given up. */
export function placeHold(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'hold funds', null);
}
