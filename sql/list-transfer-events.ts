import { accountStream, type Tenant, transferStream } from '../domain/ids.ts';
import type { Transfer } from '../domain/transfer.ts';
import type { Queryable } from '../platform/postgres.ts';
import type { PlacedEvent } from './list-events.ts';
import { LOG_COLUMNS, type LogRow, toLoggedEvent } from './read-log.ts';

/**
 * The first events of a transfer: its legs in the accounts' streams, and its own stream. In the global order, in
 * which a leg never comes before the one that it follows; those that have no position yet come last, in the order
 * in which they will get theirs.
 */
export async function listTransferEvents(
  db: Queryable,
  tenant: Tenant,
  { transferId, legs }: Pick<Transfer, 'transferId' | 'legs'>,
  limit: number,
): Promise<PlacedEvent[]> {
  const { rows } = await db.query<Omit<LogRow, 'position'> & { position: bigint | null }>({
    name: 'list-transfer-events',
    text: `with wanted as (
             (select stream_id, version from events where tenant = $1 and stream_id = $2
              order by version limit $5)
             union
             select stream_id, version from unnest($3::text[], $4::int[]) as leg (stream_id, version)
           )
           select ${LOG_COLUMNS}
           from wanted
           join events e on e.tenant = $1 and e.stream_id = wanted.stream_id and e.version = wanted.version
           left join log l on l.tenant = $1 and l.stream_id = e.stream_id and l.version = e.version
           left join outbox o on o.tenant = $1 and o.stream_id = e.stream_id and o.version = e.version
           order by l.position nulls last, o.id
           limit $5`,
    values: [
      tenant,
      transferStream(transferId),
      legs.map((leg) => accountStream(leg.accountId)),
      legs.map((leg) => leg.version),
      limit,
    ],
  });
  return rows.map((row) => ({
    ...toLoggedEvent({ ...row, position: row.position ?? 0n }),
    position: row.position,
  }));
}
