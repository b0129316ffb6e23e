import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Consumer } from 'kafkajs';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { createKafka, projectorClientId } from '../platform/kafka.ts';
import { log } from './lab.ts';

const name = `health-${randomUUID().slice(0, 8)}`;
const stack = inject('stack');
const brokers = stack.KAFKA_BROKERS.split(',');
const consumers: Consumer[] = [];

beforeAll(async () => {
  const admin = createKafka({ brokers, clientId: name, log }).admin();
  await admin.createTopics({ topics: [{ topic: name }], waitForLeaders: true });
  await admin.disconnect();
});
afterAll(() => Promise.all(consumers.map((consumer) => consumer.disconnect())));

async function consumeAs(clientId: string) {
  const consumer = createKafka({ brokers, clientId, log }).consumer({ groupId: name });
  consumers.push(consumer);
  await consumer.connect();
  await consumer.subscribe({ topics: [name] });
  await consumer.run({ eachMessage: async () => undefined });
}

/** What the health check of a projector's container prints when it fails, and nothing when it does not. */
async function check(): Promise<string> {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const env = { ...process.env, ...stack, ROLES: 'projector', KAFKA_GROUP: name };
  const args = ['--import', 'tsx', 'cli/health.ts'];
  return promisify(execFile)(process.execPath, args, { cwd, env }).then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr,
  );
}

test('a projector is healthy when its own host consumes, not when another does', {
  timeout: 120_000,
}, async () => {
  const patience = { timeout: 50_000, interval: 100 };
  expect(await check()).toMatch(/^nobody on /);
  await consumeAs('remit-projector@elsewhere');
  expect(await check()).toMatch(/^nobody on /);
  await consumeAs(projectorClientId());
  await vi.waitFor(async () => expect(await check()).toBe(''), patience);
});
