import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Kafka } from '../platform/kafka.ts';
import { readLog } from '../sql/read-log.ts';
import { readRelayCursor } from '../sql/relay-cursor.ts';
import { sequence } from '../sql/sequence.ts';
import { open, openProjectorLab, type ProjectorLab, readTables, until } from '../test/projecting.ts';
import { createConsumer } from './consumer.ts';
import { createRelay, encode } from './relay.ts';
import { createEnsureTopics, type Topics } from './topics.ts';

let lab: ProjectorLab;
let topics: Topics;
beforeEach(async () => {
  lab = await openProjectorLab({ partitions: 1 });
  const { KAFKA_TOPIC: topic, KAFKA_DEAD_LETTER_TOPIC: deadLetterTopic } = lab.config;
  topics = { topic, deadLetterTopic, partitions: 1 };
  await createEnsureTopics(lab.kafka, topics)();
  await open(lab.pool, 'a');
  const client = await lab.pool.connect();
  while ((await sequence(client, 1_000, 1)) > 0);
  client.release();
});
afterEach(() => lab.close());

const parts = (kafka: Kafka = lab.kafka) => {
  const { pool, readPool, config } = lab;
  const ensureTopics = createEnsureTopics(kafka, topics);
  return { pool, readPool, kafka, topics, ensureTopics, groupId: config.KAFKA_GROUP };
};

/** What the group has told Kafka that it has dealt with; -1: nothing. */
async function committed(): Promise<string | undefined> {
  const admin = lab.kafka.admin();
  await admin.connect();
  const [offsets] = await admin.fetchOffsets({ groupId: lab.config.KAFKA_GROUP, topics: [topics.topic] });
  await admin.disconnect();
  return offsets?.partitions[0]?.offset;
}

async function sendLog(): Promise<void> {
  const producer = lab.kafka.producer();
  await producer.connect();
  await producer.send({ topic: topics.topic, messages: encode(await readLog(lab.pool, 0n, 100)) });
  await producer.disconnect();
}

test('offsets are not committed for what the tables do not have', { timeout: 90_000 }, async () => {
  await sendLog();
  const refuse = { value: () => Promise.reject(new Error('the tables cannot be written')) };
  const readPool = Object.create(lab.readPool, { connect: refuse });
  const consumer = createConsumer({ ...parts(), readPool });
  await expect(consumer(new AbortController().signal, () => undefined)).rejects.toThrow();
  expect(await committed()).toBe('-1');
  const stop = new AbortController();
  const mended = createConsumer(parts())(stop.signal, () => undefined);
  await until(
    'the tables have the account',
    async () => (await readTables(lab.readPool)).balances.length === 1,
  );
  await until('the offsets follow', async () => (await committed()) === '2');
  stop.abort();
  await mended;
});

test('the relay’s cursor does not pass what Kafka did not acknowledge', async () => {
  const send = { value: () => Promise.reject(new Error('no acknowledgement')) };
  const producer = { value: () => Object.create(lab.kafka.producer(), { send }) };
  const relay = createRelay(parts(Object.create(lab.kafka, { producer })));
  await expect(relay(new AbortController().signal, () => undefined)).rejects.toThrow('no acknowledgement');
  expect(await readRelayCursor(lab.pool, 'kafka')).toBe(0n);
});
