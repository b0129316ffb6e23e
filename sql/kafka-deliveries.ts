import type { Queryable } from '../platform/postgres.ts';

/** The event of a stream that a delivery brought, and where in Kafka it lies. */
export type NewKafkaDelivery = {
  readonly tenant: string;
  readonly streamId: string;
  readonly version: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** ISO 8601: when it was sent, where Kafka tells. */
  readonly sentAt: string | null;
};

export type KafkaDelivery = NewKafkaDelivery & {
  /** When the batch that it came in was applied, by the clock of Postgres. */
  readonly projectedAt: string;
};

type Row = {
  tenant: string;
  stream_id: string;
  version: number;
  topic: string;
  partition: number;
  kafka_offset: bigint;
  sent_at: string | null;
  projected_at: string;
};

/** Notes deliveries, in one statement. The first of an event stays: Kafka delivers at least once. */
export async function insertDeliveries(
  db: Queryable,
  deliveries: readonly NewKafkaDelivery[],
): Promise<void> {
  if (deliveries.length === 0) return;
  await db.query({
    name: 'insert-deliveries',
    // In key order, so that two batches with the same events never wait for each other in a circle.
    text: `insert into deliveries
             (tenant, stream_id, version, topic, partition, kafka_offset, sent_at, projected_at)
           select d.*, clock_timestamp()
           from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::int[], $6::bigint[], $7::timestamptz[])
             as d (tenant, stream_id, version, topic, partition, kafka_offset, sent_at)
           order by d.tenant collate "C", d.stream_id collate "C", d.version, d.kafka_offset
           on conflict do nothing`,
    values: [
      deliveries.map((delivery) => delivery.tenant),
      deliveries.map((delivery) => delivery.streamId),
      deliveries.map((delivery) => delivery.version),
      deliveries.map((delivery) => delivery.topic),
      deliveries.map((delivery) => delivery.partition),
      deliveries.map((delivery) => delivery.offset),
      deliveries.map((delivery) => delivery.sentAt),
    ],
  });
}

/** How these events were delivered; those that never came through Kafka, or not yet, are absent. */
export async function listKafkaDeliveries(
  db: Queryable,
  tenant: string,
  events: readonly { readonly streamId: string; readonly version: number }[],
): Promise<KafkaDelivery[]> {
  const { rows } = await db.query<Row>({
    name: 'list-kafka-deliveries',
    text: `select d.tenant, d.stream_id, d.version, d.topic, d.partition, d.kafka_offset, d.sent_at, d.projected_at
           from deliveries d
           join unnest($2::text[], $3::int[]) as wanted (stream_id, version) using (stream_id, version)
           where d.tenant = $1`,
    values: [tenant, events.map((event) => event.streamId), events.map((event) => event.version)],
  });
  return rows.map((row) => ({
    tenant: row.tenant,
    streamId: row.stream_id,
    version: row.version,
    topic: row.topic,
    partition: row.partition,
    offset: row.kafka_offset.toString(),
    sentAt: row.sent_at,
    projectedAt: row.projected_at,
  }));
}

/**
 * Up to which version every live projection that follows a stream has applied it, by stream id; a stream of which
 * nothing is applied is absent.
 */
export async function readProjectedVersions(
  db: Queryable,
  tenant: string,
  streamIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ stream_id: string; version: number }>({
    name: 'read-projected-versions',
    text: `select a.stream_id, min(a.version) as version
           from projections p
           join applied_versions a on a.projection = p.name and a.generation = p.live_generation
           where a.tenant = $1 and a.stream_id = any($2)
           group by a.stream_id`,
    values: [tenant, streamIds],
  });
  return new Map(rows.map((row) => [row.stream_id, row.version]));
}
