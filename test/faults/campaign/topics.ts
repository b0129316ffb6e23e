import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { z } from 'zod';
import type { Scene } from './scenario.ts';

const READ_TIMEOUT_MS = 45_000;
const LOOK_EVERY_MS = 50;

/** The next offset of each partition: where it ends. */
export type Offsets = ReadonlyMap<number, bigint>;

/** The campaign's own client of a ground's Kafka, past every proxy as long as Kafka advertises itself. */
export function campaignKafka({ env }: Pick<Scene, 'env'>): Kafka {
  const brokers = env.KAFKA_BROKERS.split(',');
  return new Kafka({ clientId: 'campaign', brokers, logLevel: logLevel.NOTHING });
}

export async function withAdmin<T>(
  scene: Pick<Scene, 'env'>,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = campaignKafka(scene).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Where a topic ends now. */
export function endsOf(scene: Pick<Scene, 'env'>, topic: string): Promise<Offsets> {
  return withAdmin(scene, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    return new Map(ends.map(({ partition, high }) => [partition, BigInt(high)]));
  });
}

/** Reads what a topic got after some ends, up to where it ends now. */
export async function readSince(
  scene: Pick<Scene, 'env'>,
  topic: string,
  since: Offsets,
): Promise<KafkaMessage[]> {
  const ends = await endsOf(scene, topic);
  const open = [...ends].filter(([partition, end]) => end > (since.get(partition) ?? 0n));
  const missing = new Map(open);
  const consumer = campaignKafka(scene).consumer({
    groupId: `campaign-${crypto.randomUUID()}`,
    maxWaitTimeInMs: 100,
  });
  const messages: KafkaMessage[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      async eachMessage({ partition, message }) {
        const [from, to] = [since.get(partition) ?? 0n, ends.get(partition) ?? 0n];
        const offset = BigInt(message.offset);
        if (offset >= from && offset < to) messages.push(message);
        if (offset + 1n >= to) missing.delete(partition);
      },
    });
    for (const [partition] of open)
      consumer.seek({ topic, partition, offset: String(since.get(partition) ?? 0n) });
    const until = Date.now() + READ_TIMEOUT_MS;
    while (missing.size > 0) {
      if (Date.now() > until)
        throw new Error(`could not read ${topic} to its end within ${READ_TIMEOUT_MS} ms`);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await consumer.disconnect();
  }
  return messages;
}

const place = z.object({ tenant: z.string(), streamId: z.string(), version: z.number() });
/** What kafkajs tells of the record batch that a message came in, beside what its types say. */
const batch = z.object({ batchContext: z.object({ producerId: z.string() }) });

/** How many messages tell of an event that another producer had told of before: each relay that leads has a producer of its own. */
export function countRepeated(messages: readonly KafkaMessage[]): number {
  const producers = new Map<string, string>();
  let repeated = 0;
  for (const message of messages) {
    const { tenant, streamId, version } = place.parse(JSON.parse(message.value?.toString() ?? ''));
    const name = `${tenant}/${streamId}/${version}`;
    const { producerId } = batch.parse(message).batchContext;
    const earlier = producers.get(name);
    if (earlier === undefined) producers.set(name, producerId);
    else if (earlier !== producerId) repeated += 1;
  }
  return repeated;
}
