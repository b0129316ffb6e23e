import type { Pool, Queryable } from '../platform/postgres.ts';

/** An event as rows, without the deciders: tests of what follows the log need no accounts. */
export type RawEvent = {
  readonly tenant: string;
  readonly streamId: string;
  readonly version: number;
  readonly type?: string;
  readonly data?: object;
};

/** Writes an event and its outbox row, within the caller's transaction if there is one. */
export async function writeRaw(db: Queryable, event: RawEvent): Promise<void> {
  const { tenant, streamId, version, type = 'AccountFrozen', data = { reason: 'test' } } = event;
  await db.query(
    `insert into events (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
     values ($1, $2, $3, $4, 1, $5,
       '{"commandId":"c","correlationId":"c","causationId":"c","actor":"test"}', now(), '\\x00')`,
    [tenant, streamId, version, type, data],
  );
  await db.query(
    `insert into outbox (id, tenant, stream_id, version) values (nextval('event_id'), $1, $2, $3)`,
    [tenant, streamId, version],
  );
}

/** An event whose outbox id is drawn now and whose commit comes when the test says so. */
export async function writeSlowly(pool: Pool, event: RawEvent): Promise<{ commit(): Promise<void> }> {
  const client = await pool.connect();
  await client.query('begin');
  await writeRaw(client, event);
  return {
    async commit() {
      await client.query('commit');
      client.release();
    },
  };
}

/** Many events of one stream at once, from version 1. */
export async function writeMany(pool: Pool, tenant: string, streamId: string, count: number): Promise<void> {
  await pool.query(
    `with written as (
       insert into events (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
       select $1, $2, version, 'AccountFrozen', 1, '{"reason":"test"}',
         '{"commandId":"c","correlationId":"c","causationId":"c","actor":"test"}', now(), '\\x00'
       from generate_series(1, $3::int) as version
       returning version)
     insert into outbox (id, tenant, stream_id, version)
     select nextval('event_id'), $1, $2, version from (select * from written order by version) as ordered`,
    [tenant, streamId, count],
  );
}
