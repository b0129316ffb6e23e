import type { Pool, PoolClient } from '../platform/postgres.ts';
import { type DirectCommandType, type NewCommand, type Recorded, record } from './commands.ts';

/** A command that no workflow runs: what it asks for is done in the transaction that records it. */
export type DirectCommand = Omit<NewCommand, 'type' | 'workflowId' | 'sweepAfterMs'> & {
  readonly type: DirectCommandType;
};

/**
 * Records a command that is completed from the start, claims its resource where it creates one, and does `work`
 * (the resource's own rows) in the same transaction: all of it or nothing is there. A duplicate key or a taken
 * resource does no work; what `work` throws rolls the command back too, so that it burns no key.
 * @example recordResource(pool, command, (client) => insertRate(client, rate))
 */
export function recordResource(
  pool: Pool,
  command: DirectCommand,
  work: (client: PoolClient) => Promise<void>,
): Promise<Recorded> {
  return record(pool, { ...command, workflowId: null, sweepAfterMs: 0 }, 'completed', work);
}
