-- Up Migration
-- How many units of the second currency one unit of the first buys: the newest of each pair, locked when it is set.
create table rates (
  tenant text not null,
  from_currency text not null,
  to_currency text not null,
  version integer not null check (version > 0),
  rate numeric(20, 10) not null check (rate > 0),
  updated_at timestamptz(3) not null,
  primary key (tenant, from_currency, to_currency)
);

-- Every rate that was ever set, numbered in the order in which they counted.
create table rate_history (
  tenant text not null,
  from_currency text not null,
  to_currency text not null,
  version integer not null,
  rate numeric(20, 10) not null,
  updated_at timestamptz(3) not null,
  command_id text not null,
  primary key (tenant, from_currency, to_currency, version)
);

-- A rate promised for an amount, until it expires. Never changed.
create table quotes (
  tenant text not null,
  quote_id text not null,
  from_currency text not null,
  to_currency text not null,
  rate numeric(20, 10) not null check (rate > 0),
  from_minor bigint not null check (from_minor > 0),
  to_minor bigint not null check (to_minor > 0),
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  primary key (tenant, quote_id)
);

-- Down Migration
drop table quotes, rate_history, rates;
