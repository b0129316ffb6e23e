-- Up Migration
-- The event store: what was decided, in versioned streams. Every unique key carries (tenant, stream_id) or
-- (tenant, subject), the columns by which the store can be distributed over nodes.

-- cache 1: ids are drawn while the stream's head is locked, so within a stream they grow with the version.
create sequence event_id as bigint cache 1;

create table events (
  tenant text not null,
  stream_id text not null,
  version integer not null check (version > 0),
  type text not null,
  schema_version smallint not null,
  data jsonb not null,
  metadata jsonb not null,
  occurred_at timestamptz(3) not null,
  -- sha-256 over this event and its predecessor's hash: an altered row breaks the chain (sql/hash.ts).
  hash bytea not null,
  primary key (tenant, stream_id, version)
);

-- The folded state at the stream's last version: a snapshot at every append. Locked before any append.
create table heads (
  tenant text not null,
  stream_id text not null,
  version integer not null check (version >= 0),
  state jsonb not null,
  hash bytea not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant, stream_id)
) with (fillfactor = 70);

-- Committed events that have no position yet; the sequencer empties it in id order.
create table outbox (
  id bigint not null,
  tenant text not null,
  stream_id text not null,
  version integer not null,
  primary key (id, tenant, stream_id)
);

-- The global order, gapless from 1. Whatever reads the store in order follows this by cursor.
create table log (
  position bigint primary key,
  tenant text not null,
  stream_id text not null,
  version integer not null,
  -- The Kafka partition that the relay sends it to; kept, so that the watermark knows whose turn an event was.
  partition integer not null,
  unique (tenant, stream_id, version)
);

create table log_head (
  only_row boolean primary key default true check (only_row),
  position bigint not null
);
insert into log_head (position) values (0);

create table relay_cursors (
  name text primary key,
  position bigint not null
);

-- Each append and each refusal, once, in its own transaction; never pruned. A retried activity finds it here.
-- The subject is a transfer (legs debit, credit, refund) or a command (leg command).
create table outcomes (
  tenant text not null,
  subject_id text not null,
  leg text not null check (leg in ('command', 'debit', 'credit', 'refund')),
  result text not null check (result in ('done', 'refused', 'void')),
  refusal jsonb,
  detail jsonb,
  created_at timestamptz(3) not null,
  primary key (tenant, subject_id, leg)
);

-- Down Migration
drop table outcomes, relay_cursors, log_head, log, outbox, heads, events;
drop sequence event_id;
