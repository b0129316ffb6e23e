import type { Producer } from 'kafkajs';
import type { Kafka } from '../platform/kafka.ts';
import type { Pool, PoolClient } from '../platform/postgres.ts';
import { encodeMessage } from '../sql/codec.ts';
import { type LogEntry, readLog } from '../sql/read-log.ts';
import { streamName } from '../sql/read-stream.ts';
import { readRelayCursor, saveRelayCursor } from '../sql/relay-cursor.ts';
import type { Bell } from './bell.ts';
import { fillRequest } from './fill-request.ts';
import { lead } from './leader.ts';
import { type Loop, poll } from './supervise.ts';
import type { EnsureTopics, Topics } from './topics.ts';

const BATCH = 1_000;
const PACE = { full: BATCH, busyMs: 1, idleMs: 100 };
const CURSOR = 'kafka';

export type RelayOptions = {
  readonly pool: Pool;
  readonly kafka: Kafka;
  readonly topics: Topics;
  readonly ensureTopics: EnsureTopics;
  /** Rings when the log has grown. */
  readonly grown?: Bell;
};

/**
 * Follows the log by its cursor and sends each event to Kafka, in order: one leader, an idempotent producer, one
 * request at a time, the cursor saved after the acknowledgement. The first failed send ends the run: the producer
 * is thrown away, and the supervisor starts again from the cursor, so an event may be sent twice, never skipped.
 */
export function createRelay({ pool, kafka, topics, ensureTopics, grown }: RelayOptions): Loop {
  return (signal, beat) =>
    lead(pool, 'relay', signal, beat, async (client, leading) => {
      await ensureTopics();
      const producer = kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
      });
      try {
        await producer.connect();
        await follow({ client, producer, topic: topics.topic, leading, beat, grown });
      } finally {
        await producer.disconnect();
      }
    });
}

type Following = {
  readonly client: PoolClient;
  readonly producer: Producer;
  readonly topic: string;
  readonly leading: AbortSignal;
  readonly beat: () => void;
  readonly grown: Bell | undefined;
};

async function follow({ client, producer, topic, leading, beat, grown }: Following) {
  let cursor = await readRelayCursor(client, CURSOR);
  const send = async () => {
    const entries = await readLog(client, cursor, BATCH);
    const messages = encode(entries);
    const last = messages.at(-1);
    if (last === undefined) return 0;
    await producer.send({ topic, acks: -1, messages });
    cursor = last.position;
    await saveRelayCursor(client, CURSOR, cursor);
    // What was too much for one request goes at once, as after a full batch.
    return messages.length < entries.length ? BATCH : messages.length;
  };
  await poll(PACE, leading, beat, send, grown);
}

/** The messages of as many entries as fit into one request; at least one. */
export function encode(entries: readonly LogEntry[]) {
  return fillRequest(entries, ({ event, partition }) => ({
    key: streamName(event),
    value: encodeMessage(event),
    partition,
    position: event.position,
  }));
}
