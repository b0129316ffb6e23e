import type { Kafka } from '../platform/kafka.ts';
import type { Pool } from '../platform/postgres.ts';
import { type DeadLetter, markLettersSent, readUnsentLetters } from '../sql/dead-letters.ts';
import { fillRequest } from './fill-request.ts';
import { lead } from './leader.ts';
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
