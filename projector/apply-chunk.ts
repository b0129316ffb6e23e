import pRetry from 'p-retry';
import { v7 as newId } from 'uuid';
import type { Pool, PoolClient } from '../platform/postgres.ts';
import { isConflict, isOutage } from '../platform/postgres.ts';
import { isDataError } from '../sql/data-error.ts';
import { insertDeadLetters, readKnownOffsets } from '../sql/dead-letters.ts';
import { savePartitionPosition } from '../sql/partition-positions.ts';
import { shareProjections } from '../sql/read-locks.ts';
import { readTargets } from '../sql/targets.ts';
import { inTransaction } from '../sql/transaction.ts';
import { applyDeliveries } from './apply.ts';
import { condemn, type Delivery, type UnreadableDelivery } from './delivery.ts';
import { LogBehindError } from './follow-store.ts';
import { PROJECTION_NAMES } from './projections.ts';

export type ApplyOptions = {
  readonly pool: Pool;
  readonly readPool: Pool;
  readonly partition: number;
  /** Keeps the Kafka session alive; called between pages of a heal. */
  readonly heartbeat: () => Promise<void>;
};

/** Then kafkajs gives the batch back and the consumer starts again. */
const RETRY = { retries: 6, minTimeout: 20, maxTimeout: 1_000, randomize: true };

/**
 * Applies deliveries of one partition, in order, in one transaction, tried again where another was in the way or
 * Postgres was away. Where Postgres refuses a value, the chunk is halved until the event that holds it is alone;
 * that one is poison.
 * @throws the database's error when the retries are used up; nothing of the chunk is written then.
 */
export async function applyChunk(options: ApplyOptions, deliveries: readonly Delivery[]): Promise<void> {
  try {
    await pRetry(() => attempt(options, deliveries), {
      ...RETRY,
      shouldRetry: ({ error }) => isConflict(error) || isOutage(error) || error instanceof LogBehindError,
    });
  } catch (error) {
    if (!isDataError(error) || isConflict(error)) throw error;
    await applyHalves(options, deliveries, error);
  }
}

async function applyHalves(options: ApplyOptions, deliveries: readonly Delivery[], error: unknown) {
  const [only] = deliveries;
  if (only === undefined || (deliveries.length === 1 && isCondemned(only))) throw error;
  if (deliveries.length === 1) return applyChunk(options, [condemn(only, error)]);
  const middle = Math.ceil(deliveries.length / 2);
  await applyChunk(options, deliveries.slice(0, middle));
  await applyChunk(options, deliveries.slice(middle));
}

function isCondemned(delivery: Delivery): boolean {
  return delivery.kind === 'unreadable' || delivery.fact instanceof Error;
}

function attempt(options: ApplyOptions, deliveries: readonly Delivery[]): Promise<void> {
  return inTransaction(options.readPool, async (client) => {
    await shareProjections(client, PROJECTION_NAMES);
    const fresh = await dropKnown(client, options.partition, deliveries);
    await keepKeyless(client, fresh);
    await applyDeliveries(
      {
        client,
        store: options.pool,
        targets: await readTargets(client),
        building: false,
        partition: options.partition,
        breathe: () => breathe(client, options.heartbeat),
      },
      fresh,
    );
    await notePosition(client, options.partition, deliveries);
  });
}

/** The statement keeps the transaction from being idle too long while the store is read. */
async function breathe(client: PoolClient, heartbeat: () => Promise<void>): Promise<void> {
  await client.query('select 1');
  await heartbeat();
}

/** An unreadable message has no version; that it was here before shows in its letter. */
async function dropKnown(client: PoolClient, partition: number, deliveries: readonly Delivery[]) {
  const offsets = deliveries.flatMap((delivery) =>
    delivery.kind === 'unreadable' ? (delivery.source?.offset ?? []) : [],
  );
  if (offsets.length === 0) return deliveries;
  const known = await readKnownOffsets(client, partition, offsets);
  return deliveries.filter(
    (delivery) => delivery.kind === 'event' || !known.has(delivery.source?.offset ?? ''),
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

async function notePosition(client: PoolClient, partition: number, deliveries: readonly Delivery[]) {
  let last = 0n;
  for (const delivery of deliveries) {
    if (delivery.kind === 'event' && delivery.event.position > last) last = delivery.event.position;
  }
  if (last > 0n) await savePartitionPosition(client, { partition, position: last });
}
