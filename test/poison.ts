import type { House } from './house.ts';

/** Puts messages on a house's topic that no relay ever sent. */
export async function sendForged(
  { kafka, topic }: Pick<House, 'kafka' | 'topic'>,
  messages: readonly { key: string | null; value: string }[],
): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: [...messages] });
  } finally {
    await producer.disconnect();
  }
}
