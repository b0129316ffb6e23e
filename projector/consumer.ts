import type { Consumer, EachBatchPayload } from 'kafkajs';
import { createFold } from '../platform/fold.ts';
import type { Kafka } from '../platform/kafka.ts';
import type { Pool } from '../platform/postgres.ts';
import { isDataError } from '../sql/data-error.ts';
import { applyChunk } from './apply-chunk.ts';
import { readMessage } from './delivery.ts';
import { LogBehindError } from './follow-store.ts';
import type { Loop } from './supervise.ts';
import type { EnsureTopics, Topics } from './topics.ts';

/** Events of one transaction, of all partitions: its locks and its time are bounded by them. */
const MOST_EVENTS = 2_000;
/** No share is smaller, or many partitions would make shares of a few events each. */
const LEAST_SHARE = 50;
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
  await consumer.connect();
  // True always: false would jump to the latest where an offset is out of range, and lose events.
  await consumer.subscribe({ topic: options.topics.topic, fromBeginning: true });
  const shareSize = Math.max(LEAST_SHARE, Math.floor(MOST_EVENTS / options.topics.partitions));
  const fold = createFold(
    Math.floor(MOST_EVENTS / shareSize),
    (shares: readonly Share[]) => applyShares(options, shares, () => assignment, beat),
    isOfOneShare,
  );
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: options.topics.partitions,
    eachBatch: (payload) =>
      consumeBatch((share) => fold(options.topics.topic, share), payload, {
        assigned: assignment,
        shareSize,
      }),
  });
}

/** What one partition has for a transaction. */
type Share = {
  readonly payload: EachBatchPayload;
  readonly messages: EachBatchPayload['batch']['messages'];
  /** The assignment that it came under. */
  readonly assigned: number;
};

async function consumeBatch(
  apply: (share: Share) => Promise<boolean>,
  payload: EachBatchPayload,
  { assigned, shareSize }: { readonly assigned: number; readonly shareSize: number },
): Promise<void> {
  const { messages } = payload.batch;
  for (let start = 0; start < messages.length; start += shareSize) {
    const share = { payload, assigned, messages: messages.slice(start, start + shareSize) };
    if (!(await apply(share))) return;
  }
}

/** What an event of one partition brings about keeps no other partition from going on. */
function isOfOneShare(error: unknown): boolean {
  return error instanceof LogBehindError || isDataError(error);
}

/**
 * Applies what the partitions of one fetch have, in one transaction, and then commits their offsets, in one request: each
 * costs the same for one partition and for all. Answers of each share whether its batch goes on.
 */
async function applyShares(
  options: ConsumerOptions,
  shares: readonly Share[],
  assignment: () => number,
  beat: () => void,
): Promise<boolean[]> {
  const { topic } = options.topics;
  const isOurs = ({ assigned }: Share) => assigned === assignment();
  const wanted = shares.filter(
    (share) => isOurs(share) && share.payload.isRunning() && !share.payload.isStale(),
  );
  const [first] = wanted;
  if (first === undefined) return shares.map(() => false);
  // These are the consumer's, whichever partition they come with.
  const { heartbeat, commitOffsetsIfNecessary } = first.payload;
  const deliveries = wanted.flatMap(({ payload, messages }) =>
    messages.map((message) => readMessage(message, payload.batch.partition)),
  );
  await applyChunk({ ...options, topic, heartbeat }, deliveries);
  // After a rebalance a partition may be another's, who has its own offset by now.
  const ours = wanted.filter(isOurs);
  const offsets = ours.flatMap(({ payload, messages }) => {
    const last = messages.at(-1)?.offset;
    if (last === undefined) return [];
    payload.resolveOffset(last);
    return { partition: payload.batch.partition, offset: (BigInt(last) + 1n).toString() };
  });
  if (offsets.length > 0) {
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: offsets }] });
    await heartbeat();
  }
  beat();
  return shares.map((share) => ours.includes(share));
}
