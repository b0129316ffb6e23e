import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { createKafka } from './kafka.ts';

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
afterEach(() => {
  vi.restoreAllMocks();
});

test('a connection on which nothing happens is left alone', async () => {
  const brokers = inject('stack').KAFKA_BROKERS!.split(',');
  const admin = createKafka({ brokers, clientId: 'idle', log: pino({ level: 'silent' }) }).admin();
  try {
    await admin.connect();
    await admin.describeCluster();
    const looks = vi.spyOn(RequestQueue.prototype, 'checkPendingRequests');
    await sleep(300);
    expect(looks).not.toHaveBeenCalled();
    await admin.describeCluster();
    expect(looks).toHaveBeenCalled();
  } finally {
    await admin.disconnect();
  }
});

/** A queue of its own, and the ids of what it has sent so far. */
function createQueue(maxInFlightRequests: number | null) {
  const logger = { debug: () => undefined, warn: () => undefined };
  const queue = new RequestQueue({ maxInFlightRequests, requestTimeout: 10_000, logger });
  const sent: number[] = [];
  const push = (correlationId: number) =>
    queue.push({
      entry: { correlationId, resolve: () => undefined, reject: () => undefined },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    });
  return { queue, sent, push };
}

test('a request that the broker throttles is sent when its time has come', async () => {
  const { queue, sent, push } = createQueue(null);
  queue.maybeThrottle(500);
  push(1);
  push(2);
  expect(sent).toEqual([]);
  await expect.poll(() => sent, { timeout: 10_000, interval: 10 }).toEqual([1, 2]);
  queue.destroy();
});

test('a request that waits for one in flight is sent after it', async () => {
  const { queue, sent, push } = createQueue(1);
  push(1);
  push(2);
  await sleep(50);
  expect(sent).toEqual([1]);
  queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
  expect(sent).toEqual([1, 2]);
  queue.destroy();
});
