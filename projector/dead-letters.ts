import type { Kafka } from '../platform/kafka.ts';
import type { Pool } from '../platform/postgres.ts';
import {
  type DeadLetter,
  markLettersSent,
  readDeadLetter,
  readUnsentLetters,
  resolveLetters,
} from '../sql/dead-letters.ts';
import { shareProjections } from '../sql/read-locks.ts';
import { readTargets } from '../sql/targets.ts';
import { inTransaction } from '../sql/transaction.ts';
import { healStream, NO_PARTITION } from './apply.ts';
import { fillRequest } from './fill-request.ts';
import { lead } from './leader.ts';
import { PROJECTION_NAMES } from './projections.ts';
import { type Loop, poll } from './supervise.ts';
import type { EnsureTopics, Topics } from './topics.ts';

const BATCH = 50;
const PACE = { full: 1, busyMs: 250, idleMs: 1_000 };

/**
 * Sends each dead letter to its topic, with its cause in the headers. The table is the outbox: a letter is marked
 * after the acknowledgement, so it may be sent twice, never lost. One leader.
 */
export function createDeadLetterSender(options: {
  readPool: Pool;
  kafka: Kafka;
  topics: Topics;
  ensureTopics: EnsureTopics;
}): Loop {
  const { readPool, kafka, topics, ensureTopics } = options;
  return (signal, beat) =>
    lead(readPool, 'dead-letters', signal, beat, async (client, leading) => {
      await ensureTopics();
      const producer = kafka.producer({ allowAutoTopicCreation: false });
      try {
        await producer.connect();
        await poll(PACE, leading, beat, async () => {
          const messages = fillRequest(await readUnsentLetters(client, BATCH), toMessage);
          if (messages.length === 0) return 0;
          await producer.send({ topic: topics.deadLetterTopic, acks: -1, messages });
          await markLettersSent(
            client,
            messages.map(({ id }) => id),
          );
          return messages.length;
        });
      } finally {
        await producer.disconnect();
      }
    });
}

function toMessage(letter: DeadLetter) {
  const headers = {
    id: letter.id,
    cause: letter.cause,
    projection: letter.projection,
    generation: letter.generation,
    version: letter.version,
    position: letter.position,
    partition: letter.partition,
    offset: letter.offset,
  };
  const known = Object.entries(headers).flatMap(([name, value]) =>
    value === null ? [] : [[name, String(value)] as const],
  );
  return {
    id: letter.id,
    key: letter.streamId === null ? null : `${letter.tenant}/${letter.streamId}`,
    value: letter.payload,
    headers: Object.fromEntries(known),
  };
}

export type Replayed = 'replayed' | 'still-parked' | 'unknown';

/**
 * Un-parks the letter's stream and applies to it all that the event store has: the store is the truth, the
 * letter's payload is only evidence. If that fails again the stream stays parked, with the new cause. A letter
 * without a stream, or of a generation that a rebuild has replaced, is closed: there is nothing left to heal.
 */
export function replayDeadLetter(options: { pool: Pool; readPool: Pool }, id: string): Promise<Replayed> {
  return inTransaction(options.readPool, async (client) => {
    await shareProjections(client, PROJECTION_NAMES);
    const letter = await readDeadLetter(client, id);
    if (letter === undefined) return 'unknown';
    const targets = await readTargets(client);
    const target = targets.find(
      ({ projection, generation }) => projection === letter.projection && generation === letter.generation,
    );
    const { tenant, streamId } = letter;
    if (target !== undefined && tenant !== null && streamId !== null) {
      const breathe = async () => {
        await client.query('select 1');
      };
      const batch = {
        client,
        store: options.pool,
        targets: [target],
        building: true,
        partition: NO_PARTITION,
        breathe,
      };
      if (!(await healStream(batch, target, { tenant, streamId }))) return 'still-parked';
    }
    await resolveLetters(client, letter);
    return 'replayed';
  });
}
