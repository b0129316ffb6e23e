import { afterEach, beforeEach, expect, test } from 'vitest';
import { listKafkaDeliveries, readProjectedVersions } from '../sql/kafka-deliveries.ts';
import { readLog } from '../sql/read-log.ts';
import { sequence } from '../sql/sequence.ts';
import { caughtUp, deposit, open, openProjectorLab, type ProjectorLab, TENANT } from '../test/projecting.ts';
import { applyChunk } from './apply-chunk.ts';
import { condemn, type Delivery, deliver, readMessage } from './delivery.ts';

let lab: ProjectorLab;
beforeEach(async () => {
  lab = await openProjectorLab();
});
afterEach(() => lab.close());

const VERSIONS = [1, 2, 3].map((version) => ({ streamId: 'account-a', version }));
const recorded = async () =>
  (await listKafkaDeliveries(lab.readPool, TENANT, VERSIONS)).sort(
    (one, other) => one.version - other.version,
  );
const projected = async () =>
  (await readProjectedVersions(lab.readPool, TENANT, ['account-a'])).get('account-a');

/** Versions 1 to 3 of one account, as they would arrive at offsets from `firstOffset` on. */
async function three(firstOffset: number): Promise<Delivery[]> {
  const client = await lab.pool.connect();
  while ((await sequence(client, 1_000, 3)) > 0);
  client.release();
  const entries = await readLog(lab.pool, 0n, 10);
  return entries.map(({ event, partition }, index) =>
    deliver(event, { partition, offset: String(firstOffset + index), sentAt: '2026-08-01T00:00:00.000Z' }),
  );
}
function apply(deliveries: readonly Delivery[]): Promise<void> {
  const options = { pool: lab.pool, readPool: lab.readPool, topic: 'events' };
  return applyChunk({ ...options, heartbeat: async () => undefined }, deliveries);
}
async function fill(): Promise<void> {
  await open(lab.pool, 'a');
  await deposit(lab.pool, 'a');
}

test('the first delivery of each event is recorded, and a later one changes nothing', async () => {
  await fill();
  await apply(await three(70));
  const first = await recorded();
  expect(first.map(({ version, topic, offset, sentAt }) => [version, topic, offset, sentAt])).toEqual([
    [1, 'events', '70', '2026-08-01T00:00:00.000Z'],
    [2, 'events', '71', '2026-08-01T00:00:00.000Z'],
    [3, 'events', '72', '2026-08-01T00:00:00.000Z'],
  ]);
  await apply(await three(90));
  expect(await recorded()).toEqual(first);
  const [twice] = await three(95);
  await apply([twice!, twice!]);
  expect(await recorded()).toEqual(first);
});

test('what was healed from the store is projected, and has no delivery until it comes', async () => {
  await fill();
  const [, , last] = await three(70);
  await apply([last!]);
  expect((await recorded()).map(({ version }) => version)).toEqual([3]);
  expect(await projected()).toBe(3);
});

test('poison was delivered and is not projected', async () => {
  await fill();
  const [one, two, three_] = await three(70);
  await apply([one!, condemn(two!, new Error('the test says so')), three_!]);
  expect((await recorded()).map(({ version }) => version)).toEqual([1, 2, 3]);
  expect(await projected()).toBe(1);
});

test('a projector records where in Kafka it found each event, and when it was sent', async () => {
  await fill();
  lab.start();
  await caughtUp(lab);
  const rows = await recorded();
  expect(rows).toHaveLength(3);
  for (const row of rows) {
    expect(row.topic).toBe(lab.config.KAFKA_TOPIC);
    expect(Number(row.offset)).toBe(row.version - 1);
    expect(Date.parse(row.sentAt ?? '')).toBeGreaterThan(Date.parse('2020-01-01'));
    expect(Date.parse(row.projectedAt)).toBeGreaterThan(Date.parse('2020-01-01'));
  }
});

test('a message without a time, or with none that is one, was sent at no known time', () => {
  const sentAt = (timestamp?: string) => {
    const message = {
      key: null,
      value: null,
      offset: '1',
      ...(timestamp === undefined ? {} : { timestamp }),
    };
    return readMessage(message, 0).source?.sentAt;
  };
  expect(sentAt('1785542400000')).toBe('2026-08-01T00:00:00.000Z');
  for (const timestamp of [undefined, '-1', '', 'x', '9'.repeat(30)]) expect(sentAt(timestamp)).toBeNull();
});
