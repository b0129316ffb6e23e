-- Up Migration
alter table balances
  add column limits jsonb not null
    default '{"perTransferMinor": null, "dailyMinor": null, "approvalThresholdMinor": null}',
  add column holds jsonb not null default '{}',
  -- What left the account on its last day with outgoing money: what a daily limit is measured by.
  add column outgoing jsonb;

alter table transfers drop column status;
alter table transfers
  add column fee_minor bigint not null default 0,
  add column credit_minor bigint,
  add column credit_currency text,
  add column quote_id text,
  add column rate text,
  add column reverses text,
  add column hold_id text,
  add column execute_at timestamptz(3),
  add column approval_requested_at timestamptz(3),
  add column approval_expires_at timestamptz(3),
  add column approval_threshold_minor bigint,
  add column approved_at timestamptz(3),
  add column settle_account_id text,
  add column settle_version integer,
  add column settle_at timestamptz(3),
  -- The sum of reversals as of that version of the transfer's own stream: the newest says it all.
  add column reversed_minor bigint not null default 0,
  add column reversed_version integer not null default 0;
update transfers set credit_minor = amount_minor, credit_currency = currency;
alter table transfers
  alter column credit_minor set not null,
  alter column credit_currency set not null,
  add column status text not null generated always as (
    case
      -- Only a completed transfer is reversed, also where its credit is still to come.
      when credit_at is not null or reversed_version > 0 then 'completed'
      when refund_at is not null or settle_at is not null then 'refunded'
      when parked_at is not null then 'needs_attention'
      when cancelled_at is not null then 'cancelled'
      when rejected_at is not null then 'rejected'
      -- What is left that refuses is the destination, after the debit.
      when debit_at is not null or refusal is not null then 'debited'
      when approved_at is not null then 'requested'
      when approval_requested_at is not null then 'awaiting_approval'
      when execute_at is not null then 'scheduled'
      else 'debited'
    end) stored;
create index transfers_by_status on transfers (generation, tenant, status, first_position desc, transfer_id);
create index transfers_by_reference on transfers (generation, tenant, reference, first_position desc, transfer_id);

-- A money event may have several entries: the amount, its fee, the two sides of an exchange.
alter table journal_entries add column entry smallint not null default 0;
alter table journal_entries drop constraint journal_entries_pkey;
alter table journal_entries add primary key (generation, tenant, stream_id, version, entry);

-- The new columns of balances follow from events that were applied before: a rebuild fills them.
update projections
set rebuild_status = 'requested', rebuild_id = gen_random_uuid()::text, rebuild_position = 0, rebuild_target = null,
  rebuild_error = null, rebuild_started_at = null, rebuild_finished_at = null
where name = 'balances' and position > 0 and (rebuild_status is null or rebuild_status in ('completed', 'failed'));

-- Down Migration
alter table journal_entries drop constraint journal_entries_pkey;
alter table journal_entries drop column entry;
alter table journal_entries add primary key (generation, tenant, stream_id, version);
