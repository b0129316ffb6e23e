import type { Pool, PoolClient, Queryable } from '../platform/postgres.ts';
import { finishReplay, type ReplayResult, readRequestedReplays } from '../sql/dead-letter-replays.ts';
import { type DeadLetter, readDeadLetter, resolveLetters } from '../sql/dead-letters.ts';
import { speak } from '../sql/leader-lock.ts';
import { shareProjections } from '../sql/read-locks.ts';
import { readTargets } from '../sql/targets.ts';
import { inSavepoint, inTransaction } from '../sql/transaction.ts';
import { healStream, NO_PARTITION } from './apply.ts';
import { describe } from './delivery.ts';
import { lead } from './leader.ts';
import { passes } from './passes.ts';
import { PROJECTION_NAMES } from './projections.ts';
import { type Loop, poll } from './supervise.ts';

const BATCH = 50;
const PACE = { full: 1, busyMs: 50, idleMs: 250 };

export type ReplayerDeps = { readonly pool: Pool; readonly readPool: Pool };

/**
 * Does the replays of dead letters that the API and the command line ask for. One leader; a replay and its result
 * are one transaction, so another goes on where a killed one stopped.
 */
export function createReplayer(deps: ReplayerDeps): Loop {
  return (signal, beat) =>
    lead(deps.readPool, 'replays', signal, beat, (client, leading) =>
      poll(PACE, leading, beat, () => replayRequested(deps, client)),
    );
}

/** Does what is asked for; the leader's client speaks meanwhile. Returns how many replays there were. */
export async function replayRequested(deps: ReplayerDeps, leader: Queryable): Promise<number> {
  const requests = await readRequestedReplays(leader, BATCH);
  for (const { replayId, letterId } of requests) {
    await speak(leader);
    await inTransaction(deps.readPool, async (client) => {
      await shareProjections(client, PROJECTION_NAMES);
      const letter = await readDeadLetter(client, letterId);
      if (letter === undefined) throw new Error(`dead letter ${letterId} has a replay, and is gone`);
      await finishReplay(client, replayId, await replay(deps, client, leader, letter));
    });
  }
  return requests.length;
}

/**
 * Un-parks the letter's stream and applies to it all that the event store has: the store is the truth, the
 * letter's payload is only evidence. If that fails again the stream stays parked, with the new cause. A letter
 * without a stream, or of a generation that a rebuild has replaced, is closed: there is nothing left to heal.
 */
async function replay(
  { pool }: ReplayerDeps,
  client: PoolClient,
  leader: Queryable,
  letter: DeadLetter,
): Promise<ReplayResult> {
  const target = (await readTargets(client)).find(
    ({ projection, generation }) => projection === letter.projection && generation === letter.generation,
  );
  const { tenant, streamId } = letter;
  if (target !== undefined && tenant !== null && streamId !== null) {
    const breathe = async () => {
      await client.query('select 1');
      await speak(leader);
    };
    const own = { client, store: pool, targets: [target], building: true, partition: NO_PARTITION, breathe };
    const cause = await healOrCause(client, () => healStream(own, target, { tenant, streamId }));
    if (cause !== null) return { status: 'parked', cause };
  }
  await resolveLetters(client, letter);
  return { status: 'replayed', cause: null };
}

/** What only an outage explains is thrown and tried again; any other error would come again: it is the cause. */
async function healOrCause(client: PoolClient, heal: () => Promise<string | null>): Promise<string | null> {
  let cause: string | null = null;
  try {
    await inSavepoint(client, async () => {
      cause = await heal();
    });
    return cause;
  } catch (error) {
    if (passes(error)) throw error;
    return describe(error);
  }
}
