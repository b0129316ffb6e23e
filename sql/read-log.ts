import type { EventMetadata } from '../domain/events.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { LoggedEvent } from './codec.ts';

/** An event at its place in the global order, with the Kafka partition that it goes to. */
export type LogEntry = { readonly event: LoggedEvent; readonly partition: number };

/** A joined row of log and events as Postgres gives it. */
export type LogRow = {
  position: bigint;
  partition: number;
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

/** Columns of a LogRow, of `log l join events e`. */
export const LOG_COLUMNS = `l.position, l.partition, e.tenant, e.stream_id, e.version, e.type, e.schema_version,
  e.data, e.metadata, e.occurred_at, e.hash`;

/**
 * Joins places `l` of the log with their events `e`: one look into the primary key for each, whatever the planner believes
 * of tables that grow faster than it is told; `offset 0` keeps it from joining anything else. Queries with it have no name,
 * so that each is planned with its values. A plan that is kept was made when the tables were small, or takes a limit that
 * it does not know for a tenth of the log, and scans them.
 */
export const EVENT_OF_PLACE = `cross join lateral (
  select * from events
  where tenant = l.tenant and stream_id = l.stream_id and version = l.version offset 0
) as e`;

/** Up to `limit` events after a position, in order and without gaps: what every follower pages by. */
export async function readLog(db: Queryable, after: bigint, limit: number): Promise<LogEntry[]> {
  const { rows } = await db.query<LogRow>({
    // Without a name, see above.
    text: `select ${LOG_COLUMNS}
           from (select * from log where position > $1 order by position limit $2) as l
           ${EVENT_OF_PLACE}
           order by l.position`,
    values: [after, limit],
  });
  return rows.map((row) => ({ event: toLoggedEvent(row), partition: row.partition }));
}

/** The position of the log's last event; 0 where it is empty. */
export async function readLogHead(db: Queryable): Promise<bigint> {
  const { rows } = await db.query<{ position: bigint }>({
    name: 'read-log-head',
    text: `select position from log_head`,
  });
  if (rows[0] === undefined) throw new Error('log_head has no row: run the migrations');
  return rows[0].position;
}

export function toLoggedEvent(row: LogRow): LoggedEvent {
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
    hash: row.hash.toString('hex'),
  };
}
