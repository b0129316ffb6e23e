-- Up Migration
-- New legs: settle (an operator ends a parked transfer) and hold (the end of an authorisation).
alter table outcomes drop constraint outcomes_leg_check;
alter table outcomes add constraint outcomes_leg_check
  check (leg in ('command', 'debit', 'credit', 'refund', 'settle', 'hold'));

-- Commands are about more kinds of resources now, which the code's union names; those that are final as soon as
-- they are recorded have no workflow.
alter table commands drop constraint commands_resource_kind_check;
alter table commands alter column workflow_id drop not null;
create index commands_by_resource on commands (tenant, resource_kind, resource_id, command_id);

-- Workflows that must run until their row is deleted: timers of schedules, approvals and holds, parked transfers,
-- deliveries. Written in the transaction that makes them needed; the reconciler starts what is missing, so that
-- they outlive Temporal's state.
create table expected_workflows (
  tenant text not null,
  workflow_id text not null,
  workflow_type text not null,
  input jsonb not null,
  summary text not null,
  -- When the workflow has something to do: it is looked after then at the latest.
  due_at timestamptz(3),
  check_after timestamptz(3) not null default now(),
  checks integer not null default 0,
  -- How often it was asked to look again, and how many of these its signal has told it.
  nudges integer not null default 0,
  nudged integer not null default 0,
  created_at timestamptz(3) not null default now(),
  primary key (tenant, workflow_id)
);
create index expected_workflows_to_check on expected_workflows (check_after);

-- Heads are snapshots: they get what the fold of their events gives from now on. What left on a day is counted
-- as the fold does: the day never goes back, though a clock may.
with spent as (
  select tenant, stream_id, (data ->> 'amountMinor')::numeric as amount,
    max((occurred_at at time zone 'UTC')::date) over (partition by tenant, stream_id order by version) as day
  from events where type in ('MoneyWithdrawn', 'TransferDebited')
), last_days as (
  select distinct on (tenant, stream_id) tenant, stream_id, day, sum(amount) as total
  from spent group by tenant, stream_id, day order by tenant, stream_id, day desc
)
update heads h
set state = h.state || '{"limits": {"perTransferMinor": null, "dailyMinor": null, "approvalThresholdMinor": null}, "holds": {}}'
  || jsonb_build_object('outgoing', d.outgoing)
from (
  select a.tenant, a.stream_id, case when l.day is not null
    then jsonb_build_object('date', to_char(l.day, 'YYYY-MM-DD'), 'amountMinor', l.total::text) end as outgoing
  from heads a left join last_days l using (tenant, stream_id)
) as d
where d.tenant = h.tenant and d.stream_id = h.stream_id and h.stream_id like 'account-%';

update heads
set state = state || '{"feeMinor": "0", "quoteId": null, "rate": null, "reverses": null, "holdId": null,
    "executeAt": null, "approval": null}'
  || jsonb_build_object('creditMinor', state -> 'amountMinor', 'creditCurrency', state -> 'currency',
    'finishedAt', case when state ->> 'status' not in ('requested', 'debited')
      then to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end)
where stream_id like 'transfer-%';

-- A parked transfer stands among the running workflows until an operator has settled it, as new ones do.
insert into expected_workflows (tenant, workflow_id, workflow_type, input, summary)
select tenant, tenant || '/transfer/' || (state ->> 'transferId'), 'parkedTransfer',
  jsonb_build_object('tenant', tenant, 'transferId', state ->> 'transferId'),
  format('needs attention: %s %s minor units from %s to %s',
    state ->> 'amountMinor', state ->> 'currency', state ->> 'from', state ->> 'to')
from heads
where stream_id like 'transfer-%' and state ->> 'status' = 'needs_attention';

-- What commands were answered with holds the account as it was then.
update outcomes
set detail = jsonb_set(detail, '{account}', detail -> 'account'
  || '{"limits": {"perTransferMinor": null, "dailyMinor": null, "approvalThresholdMinor": null}, "holds": {}, "outgoing": null}')
where detail ? 'account';

update commands
set payload = payload || '{"feeMinor": "0", "quoteId": null, "rate": null, "reverses": null, "holdId": null, "executeAt": null}'
  || jsonb_build_object('creditMinor', payload -> 'amountMinor', 'creditCurrency', payload -> 'currency')
where type = 'transfer';

-- Down Migration
drop table expected_workflows;
drop index commands_by_resource;
