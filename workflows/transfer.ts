import { condition, setHandler } from '@temporalio/workflow';
import type { Tenant } from '../domain/ids.ts';
import type { TransferEnd, WireItem } from '../domain/saga.ts';
import { nudge } from './messages.ts';
import { transferSaga } from './saga.ts';
import { LONGEST_TIMER_MS, SAGA_DEADLINE_MS } from './timeouts.ts';

export type TransferInput = {
  readonly tenant: Tenant;
  /** How long debit and credit may stay undecided before they are compensated; absent: the default. */
  readonly deadlineMs?: number;
  readonly transfers: readonly WireItem[];
};

/**
 * Moves money between accounts, and gives it back where the destination refuses it. A transfer that waits, for its
 * time or for a person, is looked at again when its time has come or when a nudge tells that something changed:
 * what it waits for stands in Postgres, and the debit decides.
 */
export async function transfer({ tenant, transfers, deadlineMs }: TransferInput): Promise<TransferEnd[]> {
  let nudges = 0;
  setHandler(nudge, () => {
    nudges += 1;
  });
  for (;;) {
    const seen = nudges;
    const ends = await transferSaga(tenant, transfers, deadlineMs ?? SAGA_DEADLINE_MS);
    const untils = ends.flatMap((end) => (end.status === 'waits' ? [Date.parse(end.until)] : []));
    if (untils.length === 0) return ends;
    // At least a second: the clocks of Temporal and of the worker may differ.
    const waitMs = Math.min(Math.max(Math.min(...untils) - Date.now(), 1_000), LONGEST_TIMER_MS);
    await condition(() => nudges > seen, waitMs);
  }
}
