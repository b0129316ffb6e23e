-- Up Migration
-- Where events are sent to. A deleted webhook keeps its row, so that what is under way sees it.
create table webhooks (
  tenant text not null,
  webhook_id text not null,
  url text not null,
  -- Types of events, or {*}.
  events text[] not null,
  secret text not null,
  -- It gets the events behind this position: what was in the log when it was created is not sent.
  after_position bigint not null,
  created_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  primary key (tenant, webhook_id)
);

-- One event for one webhook, once, however often the log is followed.
create table webhook_deliveries (
  tenant text not null,
  delivery_id text not null,
  webhook_id text not null,
  position bigint not null,
  stream_id text not null,
  version integer not null,
  event_type text not null,
  status text not null check (status in ('pending', 'delivered', 'failed', 'cancelled')),
  -- Grows with each redelivery; attempts of an earlier round that are still waiting end then.
  round integer not null default 1,
  -- Attempts of this round.
  tries integer not null default 0,
  -- Attempts of all rounds.
  attempts integer not null default 0,
  created_at timestamptz(3) not null default now(),
  finished_at timestamptz(3),
  primary key (tenant, delivery_id)
);
create unique index webhook_deliveries_by_event on webhook_deliveries (tenant, webhook_id, position);

create table webhook_attempts (
  tenant text not null,
  delivery_id text not null,
  attempt integer not null check (attempt > 0),
  round integer not null,
  started_at timestamptz(3) not null,
  duration_ms integer not null,
  status_code integer,
  error text,
  primary key (tenant, delivery_id, attempt)
);

-- Who made deliveries of the log, and how far. No webhook is older than this.
insert into relay_cursors (name, position) select 'webhooks', position from log_head on conflict do nothing;

-- Down Migration
drop table webhook_attempts, webhook_deliveries, webhooks;
delete from relay_cursors where name = 'webhooks';
