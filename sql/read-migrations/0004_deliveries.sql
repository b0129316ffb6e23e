-- Up Migration
-- Where in Kafka each event was first delivered from, and when it was in the read tables. A record of deliveries, no
-- projection: it belongs to no generation, and a rebuild leaves it alone. An event that was healed from the store
-- and never came has no row.
create table deliveries (
  tenant text not null,
  stream_id text not null,
  version integer not null,
  topic text not null,
  partition integer not null,
  kafka_offset bigint not null,
  -- When the relay sent it, as its Kafka message says; null where it does not.
  sent_at timestamptz(3),
  projected_at timestamptz(3) not null,
  primary key (tenant, stream_id, version)
);

-- Down Migration
drop table deliveries;
