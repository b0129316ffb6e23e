import pRetry from 'p-retry';
import { v7 as newId } from 'uuid';
import type { Pool, PoolClient } from '../platform/postgres.ts';
import { insertDeadLetters, offsetName, readKnownOffsets } from '../sql/dead-letters.ts';
import { insertDeliveries, type NewKafkaDelivery } from '../sql/kafka-deliveries.ts';
import { savePartitionPositions } from '../sql/partition-positions.ts';
import { type Place, readLastPositions } from '../sql/read-last-positions.ts';
import { shareProjections } from '../sql/read-locks.ts';
import { readTargets } from '../sql/targets.ts';
import { allOf, onConnection } from '../sql/transaction.ts';
import { applyDeliveries, NO_PARTITION } from './apply.ts';
import type { Delivery, UnreadableDelivery } from './delivery.ts';
import { isolate } from './isolate.ts';
import { passes } from './passes.ts';
import { PROJECTION_NAMES } from './projections.ts';

export type ApplyOptions = {
  readonly pool: Pool;
  readonly readPool: Pool;
  readonly topic: string;
  /** Keeps the Kafka session alive; called before each attempt, and in a heal while it reads or waits. */
  readonly heartbeat: () => Promise<void>;
};

/** Then kafkajs gives the batch back and the consumer starts again. */
const RETRY = { retries: 6, minTimeout: 20, maxTimeout: 1_000, randomize: true };

/**
 * Applies deliveries, each partition's in order, in one transaction, tried again where another was in the way or
 * Postgres was away. What Postgres refuses is poison (isolate.ts).
 * @throws the database's error when the retries are used up; nothing of the chunk is written then.
 */
export function applyChunk(options: ApplyOptions, deliveries: readonly Delivery[]): Promise<void> {
  return isolate(deliveries, (part) =>
    pRetry(() => attempt(options, part), {
      ...RETRY,
      shouldRetry: ({ error }) => passes(error),
    }),
  );
}

async function attempt(options: ApplyOptions, deliveries: readonly Delivery[]): Promise<void> {
  await options.heartbeat();
  return onConnection(options.readPool, async (client) => {
    // What a message says of its position is not believed: a false one would move the watermark for good, past
    // events that are not applied. One query by primary key asks the log whether the event has this place there,
    // and on this partition. An event that cannot be applied counts as well: at its place, it was dealt with.
    const places = deliveries.flatMap(placeOf);
    // Sent together; the locks are held before the statement after them looks.
    const [, , targets, positions] = await allOf([
      client.query('begin'),
      shareProjections(client, PROJECTION_NAMES),
      readTargets(client),
      readLastPositions(options.pool, places),
    ]);
    const fresh = await dropKnown(client, deliveries);
    await keepKeyless(client, fresh);
    await applyDeliveries(
      {
        client,
        store: options.pool,
        targets,
        building: false,
        partition: counterOf(fresh),
        breathe: () => breathe(client, options.heartbeat),
      },
      fresh,
    );
    await allOf([
      insertDeliveries(client, kafkaDeliveries(options.topic, deliveries)),
      savePartitionPositions(client, positions),
      client.query('commit'),
    ]);
  });
}

function placeOf({ source, ...delivery }: Delivery): Place[] {
  if (delivery.kind !== 'event' || source === null) return [];
  const { tenant, streamId, version, position } = delivery.event;
  return [{ partition: source.partition, tenant, streamId, version, position }];
}

/** Whose counters to write: any one of the partitions, for members of a group have different ones; only sums are read. */
function counterOf(deliveries: readonly Delivery[]): number {
  return deliveries.find(({ source }) => source !== null)?.source?.partition ?? NO_PARTITION;
}

/** What is noted of the events that came through Kafka, duplicates and poison included: they were delivered. */
function kafkaDeliveries(topic: string, deliveries: readonly Delivery[]): NewKafkaDelivery[] {
  return deliveries.flatMap((delivery) => {
    if (delivery.kind === 'unreadable' || delivery.source === null) return [];
    const { tenant, streamId, version } = delivery.event;
    const { partition, offset, sentAt = null } = delivery.source;
    return { tenant, streamId, version, topic, partition, offset, sentAt };
  });
}

/** The statement keeps the transaction from being idle too long while the store is read. */
async function breathe(client: PoolClient, heartbeat: () => Promise<void>): Promise<void> {
  await client.query('select 1');
  await heartbeat();
}

/** An unreadable message has no version; that it was here before shows in its letter. */
async function dropKnown(client: PoolClient, deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
  const unreadable = deliveries.flatMap(({ kind, source }) =>
    kind === 'unreadable' && source !== null ? source : [],
  );
  if (unreadable.length === 0) return deliveries;
  const known = await readKnownOffsets(client, unreadable);
  return deliveries.filter(
    ({ kind, source }) => kind === 'event' || source === null || !known.has(offsetName(source)),
  );
}

/** A message that names no stream harms none: only its letter is kept. */
async function keepKeyless(client: PoolClient, deliveries: readonly Delivery[]): Promise<void> {
  const keyless = deliveries.filter(
    (delivery): delivery is UnreadableDelivery => delivery.kind === 'unreadable' && delivery.stream === null,
  );
  await insertDeadLetters(
    client,
    keyless.map(({ payload, cause, source }) => ({
      id: newId(),
      target: null,
      stream: null,
      version: null,
      position: null,
      partition: source?.partition ?? null,
      offset: source?.offset ?? null,
      payload,
      cause,
    })),
  );
}
