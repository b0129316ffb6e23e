import type { Pool } from '../platform/postgres.ts';
import { hasOutbox, sequence } from '../sql/sequence.ts';
import type { Bell } from './bell.ts';
import { lead } from './leader.ts';
import { type Loop, poll } from './supervise.ts';

const BATCH = 2_000;
/** Under load so much is gathered that all that follows (Kafka, the read tables) does its work in batches. */
const PACE = { full: BATCH, busyMs: 25, idleMs: 50 };

export type SequencerOptions = {
  readonly pool: Pool;
  readonly partitions: number;
  /** Rung when the log has grown. */
  readonly grown?: Bell;
};

/**
 * Gives committed events their place in the global order: outbox -> log, by one leader. It moves rows with the
 * connection that holds its lock, so a leader that lost the lock cannot move anything.
 */
export function createSequencer({ pool, partitions, grown }: SequencerOptions): Loop {
  return (signal, beat) =>
    lead(pool, 'sequencer', signal, beat, (client, leading) =>
      poll(PACE, leading, beat, async () => {
        const moved = (await hasOutbox(client)) ? await sequence(client, BATCH, partitions) : 0;
        if (moved > 0) grown?.ring();
        return moved;
      }),
    );
}
