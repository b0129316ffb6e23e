import type { Kafka } from '../platform/kafka.ts';

export type Topics = {
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly partitions: number;
};

/** On more brokers than one, a topic survives the loss of any. */
const REPLICATION = 3;
const TIMEOUT_MS = 10_000;

/** Makes sure that the topics exist; loops that ask at the same time share one answer. */
export type EnsureTopics = () => Promise<void>;

export function createEnsureTopics(kafka: Kafka, topics: Topics): EnsureTopics {
  let asking: Promise<void> | undefined;
  return () => {
    asking ??= ensureTopics(kafka, topics).finally(() => {
      asking = undefined;
    });
    return asking;
  };
}

/**
 * Creates the topics that are missing, and raises the number of partitions to what is configured; Kafka never
 * lowers it, and the sequencer simply does not use the rest.
 */
async function ensureTopics(kafka: Kafka, topics: Topics): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { brokers } = await admin.describeCluster();
    const replicationFactor = Math.min(REPLICATION, brokers.length);
    const wanted = [
      { topic: topics.topic, numPartitions: topics.partitions, replicationFactor },
      { topic: topics.deadLetterTopic, numPartitions: 1, replicationFactor },
    ];
    const existing = await admin.listTopics();
    const missing = wanted.filter(({ topic }) => !existing.includes(topic));
    if (missing.length > 0)
      await admin.createTopics({ topics: missing, waitForLeaders: true, timeout: TIMEOUT_MS });
    const { topics: described } = await admin.fetchTopicMetadata({ topics: [topics.topic] });
    const count = described[0]?.partitions.length ?? 0;
    if (count < topics.partitions) {
      await admin.createPartitions({
        topicPartitions: [{ topic: topics.topic, count: topics.partitions }],
        timeout: TIMEOUT_MS,
      });
    }
  } finally {
    await admin.disconnect();
  }
}
