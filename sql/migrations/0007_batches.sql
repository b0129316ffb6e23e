-- Up Migration
-- Many transfers asked for at once. What became of each is in its head; a batch's progress is counted from them.
create table batches (
  tenant text not null,
  batch_id text not null,
  -- A UUIDv7, so batches in its order are in the order of their requests.
  command_id text not null,
  total integer not null check (total > 0),
  created_at timestamptz(3) not null,
  -- From then on an item that has no outcome yet is cancelled instead of debited.
  cancelled_at timestamptz(3),
  cancel_reason text,
  -- How many items have each status, and when the last of them ended: kept once that can change no more, as
  -- counting thousands of heads for every look would be dear.
  final_statuses jsonb,
  final_at timestamptz(3),
  primary key (tenant, batch_id),
  check (num_nonnulls(final_statuses, final_at) in (0, 2))
);
create index batches_by_command on batches (tenant, command_id);

create table batch_items (
  tenant text not null,
  batch_id text not null,
  -- The place in the request's list, from 0.
  item_no integer not null check (item_no >= 0),
  transfer_id text not null,
  -- What a single transfer's command has as its payload.
  request jsonb not null,
  primary key (tenant, batch_id, item_no)
);
create unique index batch_items_by_transfer on batch_items (tenant, transfer_id);

-- Down Migration
drop table batch_items, batches;
