import { sleep } from '@temporalio/workflow';
import { type AccountCommandResult, OWN_ACTOR } from '../domain/account-commands.ts';
import type { AccountId, CommandId, HoldId, Tenant } from '../domain/ids.ts';
import { runStep } from './steps.ts';
import { LONGEST_TIMER_MS } from './timeouts.ts';

export type ExpireHoldInput = {
  readonly tenant: Tenant;
  readonly accountId: AccountId;
  readonly holdId: HoldId;
  /** ISO 8601. */
  readonly expiresAt: string;
};

/** Lets go of a hold when its time is over; one that was captured or voided before is left as it is. */
export async function expireHold(input: ExpireHoldInput): Promise<AccountCommandResult[]> {
  const { tenant, accountId, holdId, expiresAt } = input;
  for (let leftMs = remainingMs(expiresAt); leftMs > 0; leftMs = remainingMs(expiresAt)) {
    await sleep(Math.min(leftMs, LONGEST_TIMER_MS));
  }
  const data = { accountId, holdId, why: 'expired' as const, reason: `Not captured before ${expiresAt}` };
  // The one command of this kind that the hold can have: its outcome is found however often this runs.
  const commandId = `expire-${holdId}` as CommandId;
  const item = { commandId, actor: OWN_ACTOR, command: { type: 'releaseHold' as const, data } };
  return runStep('decideAccountCommands', { tenant, items: [item] }, 'release the expired hold', null);
}

function remainingMs(instant: string): number {
  return Date.parse(instant) - Date.now();
}
