-- Up Migration
-- Who asked for a dead letter to be replayed, and what came of it. A projector does what is requested; the row also
-- answers a repeat under the same Idempotency-Key.
create table dead_letter_replays (
  replay_id text primary key,
  dead_letter_id text not null references dead_letters,
  -- Null for one who acts for all tenants, such as the command line.
  tenant text,
  principal text not null,
  idempotency_key text,
  status text not null default 'requested' check (status in ('requested', 'replayed', 'parked')),
  -- Why the stream is parked again.
  cause text,
  requested_at timestamptz(3) not null default now(),
  finished_at timestamptz(3)
);
create unique index dead_letter_replays_by_key on dead_letter_replays (tenant, principal, idempotency_key)
  where idempotency_key is not null;
create index dead_letter_replays_by_letter on dead_letter_replays (dead_letter_id, requested_at desc);
create index dead_letter_replays_to_do on dead_letter_replays (replay_id) where status = 'requested';

-- Down Migration
drop table dead_letter_replays;
