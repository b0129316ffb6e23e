-- Up Migration
-- Owners of accounts. What may be said of an owner for good: that there is one, since when, and when it was erased.
create table customers (
  tenant text not null,
  customer_id text not null,
  created_at timestamptz(3) not null,
  erased_at timestamptz(3),
  primary key (tenant, customer_id)
);

-- The one place of personal data; erasure deletes the row. No checks here: Postgres quotes a row that fails one in
-- its error, and errors are logged.
create table personal_data (
  tenant text not null,
  customer_id text not null,
  name text not null,
  email text not null,
  -- Keys the hash of the request that is kept in commands: without it nobody can find out what was hashed.
  hash_key bytea not null,
  primary key (tenant, customer_id)
);

-- Down Migration
drop table personal_data, customers;
