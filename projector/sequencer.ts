import type { Pool } from '../platform/postgres.ts';
import { sequence } from '../sql/sequence.ts';
import { lead } from './leader.ts';
import { type Loop, poll } from './supervise.ts';

const BATCH = 2_000;
const PACE = { full: BATCH, busyMs: 2, idleMs: 50 };

/**
 * Gives committed events their place in the global order: outbox -> log, by one leader. It moves rows with the
 * connection that holds its lock, so a leader that lost the lock cannot move anything.
 */
export function createSequencer({ pool, partitions }: { pool: Pool; partitions: number }): Loop {
  return (signal, beat) =>
    lead(pool, 'sequencer', signal, beat, (client, leading) =>
      poll(PACE, leading, beat, () => sequence(client, BATCH, partitions)),
    );
}
