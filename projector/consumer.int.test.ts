import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLog } from '../sql/read-log.ts';
import { sequence } from '../sql/sequence.ts';
import { open, openProjectorLab, type ProjectorLab, readTables, until } from '../test/projecting.ts';
import { createConsumer } from './consumer.ts';
import { encode } from './relay.ts';
import { createEnsureTopics } from './topics.ts';

const PARTITIONS = 3;
const ACCOUNTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
let lab: ProjectorLab;
beforeEach(async () => {
  lab = await openProjectorLab({ partitions: PARTITIONS });
});
afterEach(() => lab.close());

/** By partition, the offset that the group goes on from; one without events is absent. */
async function committed(): Promise<Record<number, string>> {
  const admin = lab.kafka.admin();
  await admin.connect();
  const { KAFKA_GROUP: groupId, KAFKA_TOPIC: topic } = lab.config;
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
  await admin.disconnect();
  return Object.fromEntries(
    (offsets?.partitions ?? [])
      .filter(({ offset }) => offset !== '-1')
      .map(({ partition, offset }) => [partition, offset]),
  );
}

test('what one fetch brings of several partitions is applied in one transaction', {
  timeout: 90_000,
}, async () => {
  const { pool, readPool, kafka, config } = lab;
  const topics = {
    topic: config.KAFKA_TOPIC,
    deadLetterTopic: config.KAFKA_DEAD_LETTER_TOPIC,
    partitions: PARTITIONS,
  };
  const ensureTopics = createEnsureTopics(kafka, topics);
  await ensureTopics();
  for (const id of ACCOUNTS) await open(pool, id, 5n);
  const client = await pool.connect();
  while ((await sequence(client, 1_000, PARTITIONS)) > 0);
  client.release();
  const entries = await readLog(pool, 0n, 1_000);
  const ends: Record<number, string> = {};
  for (const { partition } of entries) ends[partition] = String(Number(ends[partition] ?? 0) + 1);
  expect(Object.keys(ends).length).toBeGreaterThan(1);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: topics.topic, messages: encode(entries) });
  await producer.disconnect();

  const stop = new AbortController();
  const groupId = config.KAFKA_GROUP;
  const consumer = createConsumer({ pool, readPool, kafka, topics, ensureTopics, groupId });
  const running = consumer(stop.signal, () => undefined);
  await until('all offsets are committed', async () => {
    const now = await committed();
    return Object.entries(ends).every(([partition, offset]) => now[Number(partition)] === offset);
  });
  stop.abort();
  await running;

  const { balances } = await readTables(readPool);
  expect(balances.map(({ account_id, balance_minor }) => [account_id, balance_minor])).toEqual(
    ACCOUNTS.map((id) => [id, 5n]),
  );
  const { rows } = await readPool.query(
    'select count(distinct xmin::text)::int as transactions, count(*)::int as events from deliveries',
  );
  expect(rows).toEqual([{ transactions: 1, events: entries.length }]);
});
