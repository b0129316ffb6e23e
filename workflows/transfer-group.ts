import type { GroupRange } from '../domain/item-ranges.ts';
import { rangeSaga } from './saga.ts';
import { SAGA_DEADLINE_MS } from './timeouts.ts';

export type TransferGroupInput = GroupRange & {
  /** How long debit and credit may stay undecided before they are compensated; absent: the default. */
  readonly deadlineMs?: number;
};

/**
 * Moves money for transfers that came together, as one saga; each has its own outcome, refund and command. One that
 * waits (for its time, a person, or an account that is held) goes on in a workflow of its own.
 */
export async function transferGroup({ deadlineMs, ...group }: TransferGroupInput): Promise<void> {
  await rangeSaga(group, deadlineMs ?? SAGA_DEADLINE_MS);
}
