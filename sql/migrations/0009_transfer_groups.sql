-- Up Migration
-- Transfers that came while others were under way, and run in one workflow: its items are their commands' rows.
create table transfer_groups (
  tenant text not null,
  group_id text not null,
  -- In the order in which they came. One that was refused as it was recorded has no row in commands.
  command_ids text[] not null,
  created_at timestamptz(3) not null,
  primary key (tenant, group_id)
);

-- Down Migration
drop table transfer_groups;
