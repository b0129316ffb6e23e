-- Up Migration
-- Which rebuild an Idempotency-Key asked for. How it ended is written when the next rebuild takes its place in
-- projections; until then projections tells.
create table rebuild_requests (
  tenant text not null,
  principal text not null,
  idempotency_key text not null,
  projection text not null,
  rebuild_id text not null,
  status text check (status in ('completed', 'failed')),
  progress double precision,
  error text,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (tenant, principal, idempotency_key)
);
create index rebuild_requests_by_rebuild on rebuild_requests (rebuild_id);

-- Down Migration
drop table rebuild_requests;
