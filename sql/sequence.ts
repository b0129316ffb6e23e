import type { PoolClient, Queryable } from '../platform/postgres.ts';
import { allOf } from './transaction.ts';

/** Whether anything waits for its place: it costs less to ask than to move nothing. */
export async function hasOutbox(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ waits: boolean }>({
    name: 'has-outbox',
    text: 'select exists (select from outbox) as waits',
  });
  return rows[0]?.waits === true;
}

/**
 * Moves up to `limit` outbox rows, in id order, to the end of the log, and returns how many it moved. Runs in a
 * transaction of its own. The head's row stays locked until the commit, so positions have no gaps and no second
 * sequencer can draw them meanwhile; each Kafka partition follows from the stream alone.
 */
export async function sequence(client: PoolClient, limit: number, partitions: number): Promise<number> {
  try {
    // Sent together, in two round trips: without its `begin` a move would be final by itself.
    await allOf([client.query('begin'), lockLogHead(client)]);
    const [moved] = await allOf([move(client, limit, partitions), client.query('commit')]);
    return moved;
  } catch (error) {
    // The caller gives the connection up after an error; that the rollback may fail as well changes nothing.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

function lockLogHead(client: PoolClient): Promise<unknown> {
  return client.query({ name: 'lock-log-head', text: `select position from log_head for update` });
}

/** A statement after the lock: its snapshot sees the outbox as the last sequencer left it. */
async function move(client: PoolClient, limit: number, partitions: number): Promise<number> {
  const { rows } = await client.query<{ moved: number }>({
    name: 'move-outbox-to-log',
    text: `with batch as materialized (
             select id, tenant, stream_id, version, row_number() over (order by id, tenant, stream_id) as place
             from (select * from outbox order by id, tenant, stream_id limit $1) as oldest
           ), removed as (
             delete from outbox o using batch b
             where o.id = b.id and o.tenant = b.tenant and o.stream_id = b.stream_id
           ), logged as (
             insert into log (position, tenant, stream_id, version, partition)
             select h.position + b.place, b.tenant, b.stream_id, b.version,
               mod(hashtextextended(b.tenant || '/' || b.stream_id, 0) & 9223372036854775807, $2)::integer
             from batch b cross join log_head h
             order by b.place
           ), counted as (
             select count(*) as moved from batch
           ), advanced as (
             update log_head set position = position + counted.moved from counted where counted.moved > 0
           )
           select moved::integer from counted`,
    values: [limit, partitions],
  });
  return rows[0]?.moved ?? 0;
}
