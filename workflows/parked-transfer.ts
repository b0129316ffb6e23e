import { condition, setHandler } from '@temporalio/workflow';
import type { Tenant } from '../domain/ids.ts';
import { nudge } from './messages.ts';
import { runStep } from './steps.ts';

export type ParkedInput = { readonly tenant: Tenant; readonly transferId: string };

/**
 * Stands for a transfer whose compensation was refused until an operator has settled it, so that it is found among
 * the running workflows. Waits without end: the money is in suspense, and only a person knows where it belongs.
 */
export async function parkedTransfer(input: ParkedInput): Promise<void> {
  let nudges = 0;
  setHandler(nudge, () => {
    nudges += 1;
  });
  for (;;) {
    const seen = nudges;
    if (await runStep('isSettled', input, 'look whether an operator has settled it', null)) return;
    await condition(() => nudges > seen);
  }
}
