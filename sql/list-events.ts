import type { Tenant } from "../domain/ids.ts";
import type { EventMetadata } from "../domain/events.ts";
import type { Queryable } from "../platform/postgres.ts";
import type { StoredEvent } from "./codec.ts";

/** A stored event and its place in the global order: null until the sequencer gives it one. */
export type PlacedEvent = StoredEvent & { readonly position: bigint | null };

type Row = {
  position: bigint | null;
  tenant: string;
  stream_id: string;
  version: number;
  type: string;
  schema_version: number;
  data: unknown;
  metadata: EventMetadata;
  occurred_at: string;
  hash: Buffer;
};

const COLUMNS = `l.position, e.tenant, e.stream_id, e.version, e.type, e.schema_version, e.data, e.metadata,
  e.occurred_at, e.hash`;

/** The store's events after a position, in the global order: what a follower reads, without gap or repeat. */
export async function listEvents(
  db: Queryable,
  tenant: Tenant,
  page: { limit: number; after: bigint },
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<Row>({
    name: "list-events",
    text: `select ${COLUMNS}
           from log l join events e using (tenant, stream_id, version)
           where l.tenant = $1 and l.position > $2
           order by l.position
           limit $3`,
    values: [tenant, page.after, page.limit],
  });
  return rows.map(toEvent);
}

/** One stream's events after a version, in order; those that have no position yet as well. */
export async function listStreamEvents(
  db: Queryable,
  tenant: Tenant,
  streamId: string,
  page: { limit: number; after: number },
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<Row>({
    name: "list-stream-events",
    text: `select ${COLUMNS}
           from events e left join log l using (tenant, stream_id, version)
           where e.tenant = $1 and e.stream_id = $2 and e.version > $3
           order by e.version
           limit $4`,
    values: [tenant, streamId, page.after, page.limit],
  });
  return rows.map(toEvent);
}

function toEvent(row: Row): PlacedEvent {
  return {
    position: row.position,
    tenant: row.tenant,
    streamId: row.stream_id,
    version: row.version,
    type: row.type,
    schemaVersion: row.schema_version,
    data: row.data,
    metadata: row.metadata,
    occurredAt: row.occurred_at,
    hash: row.hash.toString("hex"),
  };
}
