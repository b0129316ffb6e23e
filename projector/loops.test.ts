import { getEventListeners } from 'node:events';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createKafka } from '../platform/kafka.ts';
import { createPool } from '../platform/postgres.ts';
import { encodeMessage } from '../sql/codec.ts';
import type { LogEntry } from '../sql/read-log.ts';
import { createBell } from './bell.ts';
import { createConsumer } from './consumer.ts';
import { readMessage } from './delivery.ts';
import { encode } from './relay.ts';
import { poll, supervise } from './supervise.ts';
import { addSample, rateOf, type Sample } from './watermark.ts';

const log = pino({ level: 'silent' });

function entry(position: number, note = ''): LogEntry {
  const event = {
    tenant: 'test',
    streamId: 'account-a',
    version: position,
    type: 'AccountFrozen',
    schemaVersion: 1,
    data: { reason: note },
    metadata: { commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'me' },
    occurredAt: '2026-01-01T00:00:00.000Z',
    hash: '00',
    position: BigInt(position),
  };
  return { event, partition: 2 };
}

test('a loop that fails starts again, and a stop ends it', async () => {
  const abort = new AbortController();
  let runs = 0;
  const loop = async (_signal: AbortSignal, beat: () => void) => {
    runs += 1;
    if (runs < 3) throw new Error('down');
    beat();
    abort.abort();
  };
  let beats = 0;
  await supervise({ name: 'test', loop, log, signal: abort.signal, beat: () => beats++ });
  expect([runs, beats]).toEqual([3, 1]);
});

test('a poll goes on at once after a full batch and counts each round as progress', async () => {
  const abort = new AbortController();
  const answers = [5, 5, 2];
  let beats = 0;
  await poll(
    { full: 5, busyMs: 1, idleMs: 2 },
    abort.signal,
    () => beats++,
    async () => {
      const done = answers.shift();
      if (done === undefined) abort.abort();
      return done ?? 0;
    },
  );
  expect(beats).toBe(4);
});

test('a poll that has nothing to do goes on when its bell rings, also while it looked', async () => {
  const abort = new AbortController();
  const bell = createBell();
  const pace = { full: 5, busyMs: 1, idleMs: 60_000 };
  let looks = 0;
  const look = async () => {
    looks += 1;
    if (looks === 1) bell.ring();
    if (looks === 2) setTimeout(() => bell.ring(), 5);
    if (looks === 3) abort.abort();
    return 0;
  };
  await poll(pace, abort.signal, () => undefined, look, bell);
  expect(looks).toBe(3);
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
});

test('a send keeps order and stays below what Kafka accepts in one request', () => {
  const entries = [1, 2, 3].map((position) => entry(position, 'x'.repeat(300_000)));
  expect(encode(entries).map(({ position, partition, key }) => [position, partition, key])).toEqual([
    [1n, 2, 'test/account-a'],
  ]);
  expect(encode([entry(1), entry(2)])).toHaveLength(2);
  expect(encode([])).toEqual([]);
});

test('a message is read, or told apart by what its key says', () => {
  const read = (key: string | null, value: string) =>
    readMessage({ key: key === null ? null : Buffer.from(key), value: Buffer.from(value), offset: '4' }, 1);
  expect(read('test/account-a', encodeMessage(entry(1).event))).toMatchObject({
    kind: 'event',
    fact: { type: 'AccountFrozen' },
    source: { partition: 1, offset: '4' },
  });
  expect(read('test/account-a', '{')).toMatchObject({
    kind: 'unreadable',
    stream: { tenant: 'test', streamId: 'account-a' },
  });
  expect(read('nobody', '{')).toMatchObject({ kind: 'unreadable', stream: null });
  expect(read('test/other-a', '{')).toMatchObject({ stream: null });
  expect(read(null, '{}')).toMatchObject({ stream: null });
});

test('the rate is over the last seconds only', () => {
  let samples: readonly Sample[] = [{ atMs: 0, position: 0n }];
  for (let second = 1; second <= 20; second += 1)
    samples = addSample(samples, { atMs: second * 1_000, position: BigInt(second * 100) });
  expect(rateOf(samples)).toBeCloseTo(100);
  // A minute of nothing, then a burst: not averaged over the minute.
  samples = addSample(samples, { atMs: 80_000, position: 4_000n });
  expect(rateOf(samples)).toBeCloseTo(400);
  expect(samples.length).toBeLessThan(10);
});

test('a consumer that fails leaves nothing behind on the signal that outlives it', async () => {
  const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
  const pool = createPool({ url: nowhere, max: 1, name: 'test', log });
  const consumer = createConsumer({
    pool,
    readPool: pool,
    kafka: createKafka({ brokers: ['127.0.0.1:1'], clientId: 'test', log }),
    groupId: 'test',
    topics: { topic: 'events', deadLetterTopic: 'dead', partitions: 1 },
    ensureTopics: async () => undefined,
  });
  const { signal } = new AbortController();
  await expect(consumer(signal, () => undefined)).rejects.toThrow('ECONNREFUSED');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  await pool.end();
}, 20_000);
