-- Up Migration
-- Payments that repeat. These rows are the truth; their Schedules in Temporal are made equal to them.
create table standing_orders (
  tenant text not null,
  order_id text not null,
  from_account_id text not null,
  to_account_id text not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  description text,
  reference text,
  metadata jsonb not null,
  cron text,
  every text,
  until_at timestamptz(3),
  overlap text not null check (overlap in ('allow-all', 'buffer-one', 'skip')),
  catch_up text,
  -- One whose until has passed has ended, whatever stands here.
  status text not null check (status in ('active', 'paused', 'deleted')),
  reason text,
  revision integer not null default 1,
  -- Runs due at or before this are not done: the order was not there, or it is too long ago to tell.
  due_after timestamptz(3) not null,
  -- When it was paused since then, oldest first, as [{from, to}]; the last one's to is null while it lasts.
  pauses jsonb not null default '[]',
  created_at timestamptz(3) not null,
  -- When its Schedule is looked after next; null: never again.
  check_after timestamptz(3),
  checks integer not null default 0,
  primary key (tenant, order_id),
  check (num_nonnulls(cron, every) = 1)
);
create index standing_orders_to_check on standing_orders (check_after) where check_after is not null;
create index standing_orders_by_source on standing_orders (tenant, from_account_id, order_id);
create index standing_orders_by_destination on standing_orders (tenant, to_account_id, order_id);

-- Each time that an order was due and active, with the transfer that was recorded in the same transaction; without
-- one, and with the reason, where its id belonged to another request.
create table standing_order_runs (
  tenant text not null,
  order_id text not null,
  scheduled_at timestamptz(3) not null,
  transfer_id text,
  refusal jsonb,
  requested_at timestamptz(3) not null default now(),
  primary key (tenant, order_id, scheduled_at),
  check (num_nonnulls(transfer_id, refusal) = 1)
);

-- Down Migration
drop table standing_order_runs, standing_orders;
