import type { PoolClient } from '../platform/postgres.ts';
import { encodeState } from './codec.ts';
import { deferSweeps } from './commands.ts';
import type { Changes } from './draft.ts';
import { expectWorkflows, forgetWorkflows, nudgeWorkflows } from './expected-workflows.ts';

/**
 * One statement for all that a decision changes. The outbox ids are drawn here, while the heads are locked, in
 * the order of the list: that is why order within a stream survives into the log.
 *
 * A head that the lock did not find is inserted and nothing else: where another transaction has made it meanwhile
 * (its first event was decided while this one waited for a lock), the unique key fails, and the whole transaction
 * is repeated and decides on what is there. An update would write over it.
 *
 * What is JSON comes as one array of JSON, not as an array of texts: neither side has a quote to escape in it then.
 */
const WRITE = `
  with new_events as (
    insert into events (tenant, stream_id, version, type, schema_version, data, metadata, occurred_at, hash)
    select $1, e.stream_id, e.version, e.type, e.schema_version, e.data, e.metadata, $2, decode(e.hash, 'hex')
    from rows from (
        unnest($3::text[], $4::int[], $5::text[], $6::smallint[], $9::text[]),
        jsonb_array_elements($7), jsonb_array_elements($8)
      ) as e (stream_id, version, type, schema_version, hash, data, metadata)
  ), new_outbox as (
    insert into outbox (id, tenant, stream_id, version)
    select nextval('event_id'), $1, o.stream_id, o.version
    from (
      select stream_id, version
      from unnest($3::text[], $4::int[]) with ordinality as e (stream_id, version, place)
      order by place
    ) as o
  ), given_heads as (
    select * from rows from (
        unnest($10::text[], $11::int[], $13::text[], $14::timestamptz[], $23::boolean[]), jsonb_array_elements($12)
      ) as h (stream_id, version, hash, created_at, is_new, state)
  ), new_heads as (
    insert into heads (tenant, stream_id, version, state, hash, created_at, updated_at)
    select $1, h.stream_id, h.version, h.state, decode(h.hash, 'hex'), h.created_at, $2
    from given_heads h where h.is_new
  ), moved_heads as (
    -- They are there, and locked: a conflict finds each by its key, whatever the planner knows of the table.
    insert into heads (tenant, stream_id, version, state, hash, created_at, updated_at)
    select $1, h.stream_id, h.version, h.state, decode(h.hash, 'hex'), h.created_at, $2
    from given_heads h where not h.is_new
    on conflict (tenant, stream_id) do update
      set version = excluded.version, state = excluded.state, hash = excluded.hash, updated_at = excluded.updated_at
  ), new_outcomes as (
    insert into outcomes (tenant, subject_id, leg, result, refusal, detail, created_at)
    select $1, o.subject_id, o.leg, o.result, nullif(o.refusal, 'null'), nullif(o.detail, 'null'), $2
    from rows from (
        unnest($15::text[], $16::text[], $17::text[]), jsonb_array_elements($18), jsonb_array_elements($19)
      ) as o (subject_id, leg, result, refusal, detail)
    order by o.subject_id collate "C", o.leg
  )
  update commands c
  set status = e.status, refusal = nullif(e.refusal, 'null'), finished_at = $2
  from rows from (unnest($20::text[], $21::text[]), jsonb_array_elements($22)) as e (command_id, status, refusal)
  where c.tenant = $1 and c.command_id = e.command_id and c.status = 'accepted'`;

/**
 * Sends what a draft wants written, and returns the answers to wait for: one statement, and one for each kind of wait,
 * which are rare. None where a retry found everything already decided.
 */
export function writeDraft(client: PoolClient, changes: Changes): Promise<unknown>[] {
  const { tenant, events, outcomes, ends, expected, forgotten, nudged, deferred } = changes;
  const sent: Promise<unknown>[] = [];
  if (events.length + outcomes.length + ends.length > 0) sent.push(writeDecision(client, changes));
  // A transfer that waited and is parked now gives its workflow's id to another.
  if (forgotten.length > 0) sent.push(forgetWorkflows(client, tenant, forgotten));
  if (expected.length > 0) sent.push(expectWorkflows(client, tenant, expected));
  if (nudged.length > 0) sent.push(nudgeWorkflows(client, tenant, nudged));
  if (deferred.length > 0) sent.push(deferSweeps(client, tenant, deferred));
  return sent;
}

function writeDecision(client: PoolClient, changes: Changes): Promise<unknown> {
  const { events, outcomes, ends } = changes;
  const heads = [...changes.heads.entries()];
  return client.query({
    name: 'write-draft',
    text: WRITE,
    values: [
      changes.tenant,
      changes.at,
      events.map((event) => event.streamId),
      events.map((event) => event.version),
      events.map((event) => event.type),
      events.map((event) => event.schemaVersion),
      JSON.stringify(events.map((event) => event.data)),
      JSON.stringify(events.map((event) => event.metadata)),
      events.map((event) => event.hash),
      heads.map(([streamId]) => streamId),
      heads.map(([, head]) => head.version),
      JSON.stringify(heads.map(([, head]) => encodeState(head.state))),
      heads.map(([, head]) => head.hash),
      heads.map(([, head]) => head.createdAt),
      outcomes.map((row) => row.subjectId),
      outcomes.map((row) => row.leg),
      outcomes.map((row) => row.result),
      JSON.stringify(outcomes.map((row) => row.refusal)),
      JSON.stringify(outcomes.map((row) => row.detail)),
      ends.map((end) => end.commandId),
      ends.map((end) => end.status),
      JSON.stringify(ends.map((end) => end.refusal)),
      heads.map(([, head]) => head.isNew),
    ],
  });
}
