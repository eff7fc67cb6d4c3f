create table outbox (
  seq bigint generated always as identity primary key,
  id uuid not null,
  part bigint not null check (part between 0 and 15),
  type text not null,
  subject text collate "C" not null,
  aggver bigint,
  payload text not null,
  created_at timestamptz not null,
  not_before timestamptz not null,
  published_at timestamptz
);
create index outbox_waiting on outbox (part, seq) where published_at is null;
create unique index outbox_version on outbox (subject, aggver) where aggver is not null;

create table outbox_lease (
  part bigint primary key check (part between 0 and 15),
  owner uuid not null,
  until_at timestamptz not null
);

create table inbox (
  consumer text collate "C" not null,
  source text collate "C" not null,
  id uuid not null,
  received_at timestamptz not null,
  primary key (consumer, source, id)
);
create index inbox_age on inbox (received_at);

create table parked (
  consumer text collate "C" not null,
  source text collate "C" not null,
  id uuid not null,
  type text not null,
  subject text not null,
  payload text not null,
  reason text not null,
  attempts bigint not null,
  parked_at timestamptz not null,
  next_at timestamptz,
  primary key (consumer, source, id)
);
create index parked_due on parked (next_at) where next_at is not null;
