-- Up Migration
-- What clients asked for, recorded before its workflow starts.
create table commands (
  tenant text not null,
  command_id text not null,
  type text not null,
  principal text not null,
  route text not null,
  idempotency_key text,
  payload_hash bytea not null,
  payload jsonb not null,
  resource_kind text not null check (resource_kind in ('account', 'transfer')),
  resource_id text not null,
  workflow_id text not null,
  status text not null check (status in ('accepted', 'completed', 'refused')),
  refusal jsonb,
  created_at timestamptz(3) not null,
  finished_at timestamptz(3),
  -- The sweeper looks again after this instant, and moves it on each time it does.
  sweep_after timestamptz(3) not null,
  sweeps integer not null default 0,
  primary key (tenant, command_id)
);

create unique index commands_by_idempotency_key on commands (tenant, principal, route, idempotency_key)
  where idempotency_key is not null;
create index commands_to_sweep on commands (sweep_after) where status = 'accepted';

-- Which command may create a resource: the first to claim its id.
create table claims (
  tenant text not null,
  kind text not null,
  resource_id text not null,
  command_id text not null,
  primary key (tenant, kind, resource_id)
);

-- Down Migration
drop table claims, commands;
