import { expect, inject, test } from 'vitest';
import { createKafka } from './kafka.ts';
import { createPostgres } from './postgres.ts';
import { createTemporal } from './temporal.ts';

test('every part of the test stack answers', async () => {
  const env = inject('stack');
  const dir = '/nowhere';
  const postgres = createPostgres({ dir, port: Number(new URL(env.DATABASE_URL).port) });
  const kafka = createKafka({ dir, port: Number(env.KAFKA_BROKERS.split(':')[1]) });
  const temporal = createTemporal({ dir, port: Number(env.TEMPORAL_ADDRESS.split(':')[1]), uiPort: 1 });
  const answers = [postgres, kafka, temporal].map((part) => part.health());
  await expect(Promise.all(answers)).resolves.toBeDefined();
  expect((await fetch(env.TEMPORAL_UI_URL)).status).toBe(200);
});
