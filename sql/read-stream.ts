import type { Queryable } from '../platform/postgres.ts';
import type { LoggedEvent } from './codec.ts';
import { LOG_COLUMNS, type LogRow, toLoggedEvent } from './read-log.ts';

export type StreamKey = { readonly tenant: string; readonly streamId: string };

/** The key of a stream as one string; it is also the Kafka key. */
export function streamName(key: StreamKey): string {
  return `${key.tenant}/${key.streamId}`;
}

/** A page of one stream after a version, as far as the log already has it. */
export async function readStream(
  db: Queryable,
  key: StreamKey,
  after: number,
  limit: number,
): Promise<LoggedEvent[]> {
  const { rows } = await db.query<LogRow>({
    name: 'read-stream',
    text: `select ${LOG_COLUMNS}
           from events e join log l using (tenant, stream_id, version)
           where e.tenant = $1 and e.stream_id = $2 and e.version > $3
           order by e.version limit $4`,
    values: [key.tenant, key.streamId, after, limit],
  });
  return rows.map(toLoggedEvent);
}

/** The committed versions of these streams, by `streamName`; a stream that does not exist is absent. */
export async function readHeadVersions(
  db: Queryable,
  keys: readonly StreamKey[],
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ tenant: string; stream_id: string; version: number }>({
    name: 'read-head-versions',
    text: `select tenant, stream_id, version from heads
           join unnest($1::text[], $2::text[]) as wanted (tenant, stream_id) using (tenant, stream_id)`,
    values: [keys.map((key) => key.tenant), keys.map((key) => key.streamId)],
  });
  return new Map(
    rows.map((row) => [streamName({ tenant: row.tenant, streamId: row.stream_id }), row.version]),
  );
}
