-- Up Migration
-- The read tables. Each row belongs to a generation of its projection: a rebuild fills a new generation beside
-- the live one and swaps by one update of projections.live_generation, so readers never see a half-built table.

create table projections (
  name text primary key,
  live_generation integer not null,
  building_generation integer,
  -- The highest number that any generation had: none is used again, so a late rebuilder cannot take another's.
  last_generation integer not null default 1,
  -- Highest log position up to which every event has been applied; never goes back.
  position bigint not null default 0,
  -- Events applied per second over the last seconds before position_at.
  rate_per_second double precision not null default 0,
  position_at timestamptz(3),
  rebuild_status text check (rebuild_status in ('requested', 'running', 'completed', 'failed')),
  rebuild_id text,
  rebuild_position bigint,
  rebuild_target bigint,
  rebuild_error text,
  rebuild_started_at timestamptz(3),
  rebuild_finished_at timestamptz(3)
);
insert into projections (name, live_generation)
  values ('balances', 1), ('transactions', 1), ('transfers', 1), ('journal', 1);

-- How far each stream has been applied to each projection, and whether a poison event has parked it.
create table applied_versions (
  projection text not null,
  generation integer not null,
  tenant text not null,
  stream_id text not null,
  version integer not null,
  parked boolean not null default false,
  primary key (projection, generation, tenant, stream_id)
) with (fillfactor = 70);
create index parked_streams on applied_versions (projection, generation) where parked;

-- How far each Kafka partition has been consumed, as the last log position seen on it.
create table partition_positions (
  partition integer primary key,
  position bigint not null,
  applied_at timestamptz(3) not null
);

create table balances (
  generation integer not null,
  tenant text not null,
  account_id text not null,
  owner_id text,
  name text,
  currency text not null,
  status text not null,
  balance_minor bigint not null,
  held_minor bigint not null,
  overdraft_limit_minor bigint not null,
  metadata jsonb not null,
  version integer not null,
  position bigint not null,
  created_at timestamptz(3) not null,
  as_of timestamptz(3) not null,
  primary key (generation, tenant, account_id)
) with (fillfactor = 70);
create index balances_by_owner on balances (generation, tenant, owner_id, account_id);

create table transactions (
  generation integer not null,
  tenant text not null,
  account_id text not null,
  version integer not null,
  transaction_id text not null,
  type text not null,
  amount_minor bigint not null,
  currency text not null,
  opening_balance_minor bigint not null,
  closing_balance_minor bigint not null,
  transfer_id text,
  counterparty_id text,
  description text,
  metadata jsonb not null,
  position bigint not null,
  occurred_at timestamptz(3) not null,
  primary key (generation, tenant, account_id, version)
);
create index transactions_by_time on transactions (generation, tenant, account_id, occurred_at, version);

-- A transfer's legs arrive on different partitions in any order: each event sets its own columns only, and the
-- status follows from which of them are there.
create table transfers (
  generation integer not null,
  tenant text not null,
  transfer_id text not null,
  from_account_id text not null,
  to_account_id text not null,
  amount_minor bigint not null,
  currency text not null,
  description text,
  reference text,
  metadata jsonb not null,
  debit_version integer,
  debit_at timestamptz(3),
  credit_version integer,
  credit_at timestamptz(3),
  refund_version integer,
  refund_at timestamptz(3),
  rejected_at timestamptz(3),
  cancelled_at timestamptz(3),
  parked_at timestamptz(3),
  refusal jsonb,
  -- Smallest log position of its events: the order in which lists page.
  first_position bigint not null,
  status text not null generated always as (
    case
      when credit_at is not null then 'completed'
      when refund_at is not null then 'refunded'
      when parked_at is not null then 'needs_attention'
      when cancelled_at is not null then 'cancelled'
      when rejected_at is not null then 'rejected'
      else 'debited'
    end) stored,
  primary key (generation, tenant, transfer_id)
);
create index transfers_by_position on transfers (generation, tenant, first_position desc, transfer_id);
create index transfers_by_source on transfers (generation, tenant, from_account_id, first_position desc, transfer_id);
create index transfers_by_destination on transfers (generation, tenant, to_account_id, first_position desc, transfer_id);
create index transfers_by_status on transfers (generation, tenant, status, first_position desc, transfer_id);

-- One balanced entry for each money event: the amount leaves the debit account and reaches the credit account.
create table journal_entries (
  generation integer not null,
  position bigint not null,
  tenant text not null,
  stream_id text not null,
  version integer not null,
  debit_account text not null,
  credit_account text not null,
  amount_minor bigint not null,
  currency text not null,
  occurred_at timestamptz(3) not null,
  primary key (generation, tenant, stream_id, version)
);
create index journal_entries_by_position on journal_entries (generation, position);

-- Running totals of the journal. Split by Kafka partition (-1: a rebuild or a heal), so that no system account
-- is a row that every writer waits for.
create table journal_totals (
  generation integer not null,
  tenant text not null,
  currency text not null,
  account text not null,
  partition integer not null,
  debits_minor numeric(38) not null,
  credits_minor numeric(38) not null,
  primary key (generation, tenant, currency, account, partition)
) with (fillfactor = 70);

create table dead_letters (
  dead_letter_id text primary key,
  projection text,
  generation integer,
  tenant text,
  stream_id text,
  version integer,
  position bigint,
  partition integer,
  kafka_offset text,
  payload text not null,
  cause text not null,
  status text not null check (status in ('parked', 'replayed')),
  created_at timestamptz(3) not null,
  resolved_at timestamptz(3),
  -- When it was sent to the dead-letter topic; null until then, so that a crash in between loses no letter.
  sent_at timestamptz(3)
);
-- One letter for each poison event of a projection, however often it is delivered.
create unique index dead_letters_by_event on dead_letters (projection, generation, tenant, stream_id, version)
  where version is not null;
-- A message that cannot be read has no version: where it lies in Kafka is what it is known by.
create unique index dead_letters_by_offset on dead_letters (projection, generation, partition, kafka_offset)
  nulls not distinct where version is null;
create index dead_letters_to_send on dead_letters (dead_letter_id) where sent_at is null;

-- Down Migration
drop table dead_letters, journal_totals, journal_entries, transfers, transactions, balances,
  partition_positions, applied_versions, projections;
