import type { AccountCommandList, AccountCommandResult } from '../domain/account-commands.ts';
import { runStep } from './steps.ts';

/** Lets go of held money. Retries an outage without end: an accepted command is never given up. */
export function releaseHold(list: AccountCommandList): Promise<AccountCommandResult[]> {
  return runStep('decideAccountCommands', list, 'release the hold', null);
}
