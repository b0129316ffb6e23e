import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Kafka } from '../platform/kafka.ts';
import type { Pool } from '../platform/postgres.ts';
import { applyChunk } from './apply-chunk.ts';
import { readMessage } from './delivery.ts';
import type { Loop } from './supervise.ts';
import type { EnsureTopics, Topics } from './topics.ts';

/** Events in one transaction. */
const CHUNK = 500;
/** Long enough for a chunk's retries, short enough that a killed projector's partitions move on soon. */
const SESSION_TIMEOUT_MS = 15_000;
const REBALANCE_TIMEOUT_MS = 15_000;
const HEARTBEAT_INTERVAL_MS = 1_000;
/** A fetch answers at once when there is something; this bounds how long a stop waits for one that has nothing. */
const FETCH_WAIT_MS = 500;

export type ConsumerOptions = {
  readonly pool: Pool;
  readonly readPool: Pool;
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: Topics;
  readonly ensureTopics: EnsureTopics;
};

/**
 * Consumes the events' topic as one of a group and applies it to the read tables; offsets are committed after
 * the tables. Every crash of kafkajs ends the run, and the supervisor starts a new consumer: kafkajs restarts by
 * itself after some errors only.
 */
export function createConsumer(options: ConsumerOptions): Loop {
  return async (signal, beat) => {
    await options.ensureTopics();
    const consumer = options.kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, retries: 5, restartOnFailure: async () => false },
    });
    // The signal outlives this consumer: what listens to it must go with the consumer.
    const over = new AbortController();
    try {
      const ended = waitForEnd(consumer, signal, over.signal);
      await consume(consumer, options, beat);
      await ended;
    } finally {
      over.abort();
      await consumer.disconnect();
    }
  };
}

/** Resolves when the signal aborts, rejects when the consumer crashes; stops listening when it is over. */
function waitForEnd(consumer: Consumer, signal: AbortSignal, over: AbortSignal): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: over });
    if (signal.aborted) resolve();
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  });
  // The consumer may fail to start before anyone waits for the end.
  ended.catch(() => undefined);
  return ended;
}

async function consume(consumer: Consumer, options: ConsumerOptions, beat: () => void): Promise<void> {
  let assignment = 0;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    assignment += 1;
  });
  consumer.on(consumer.events.FETCH, beat);
  consumer.on(consumer.events.END_BATCH_PROCESS, beat);
  await consumer.connect();
  // True always: false would jump to the latest where an offset is out of range, and lose events.
  await consumer.subscribe({ topic: options.topics.topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: (payload) => consumeBatch(options, payload, () => assignment),
  });
}

async function consumeBatch(
  options: ConsumerOptions,
  payload: EachBatchPayload,
  assignment: () => number,
): Promise<void> {
  const { batch, heartbeat, isRunning, isStale, resolveOffset, commitOffsetsIfNecessary } = payload;
  const { topic, partition, messages } = batch;
  const assigned = assignment();
  for (let start = 0; start < messages.length; start += CHUNK) {
    if (!isRunning() || isStale() || assignment() !== assigned) return;
    const chunk = messages.slice(start, start + CHUNK);
    const deliveries = chunk.map((message) => readMessage(message, partition));
    await applyChunk({ ...options, topic, partition, heartbeat }, deliveries);
    // After a rebalance the partition may be another's, who has its own offset by now.
    if (assignment() !== assigned) return;
    const last = chunk.at(-1)?.offset;
    if (last === undefined) return;
    resolveOffset(last);
    const offset = (BigInt(last) + 1n).toString();
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
    await heartbeat();
  }
}
