create table outbox (
  seq integer primary key,
  id blob not null,
  part integer not null check (part between 0 and 15),
  type text not null,
  subject text not null,
  aggver integer,
  payload text not null,
  created_at integer not null,
  not_before integer not null,
  published_at integer
);
create index outbox_waiting on outbox (part, seq) where published_at is null;
create unique index outbox_version on outbox (subject, aggver) where aggver is not null;

create table outbox_lease (
  part integer primary key check (part between 0 and 15),
  owner blob not null,
  until_at integer not null
);

create table inbox (
  consumer text not null,
  source text not null,
  id blob not null,
  received_at integer not null,
  primary key (consumer, source, id)
) without rowid;
create index inbox_age on inbox (received_at);

create table parked (
  consumer text not null,
  source text not null,
  id blob not null,
  type text not null,
  subject text not null,
  payload text not null,
  reason text not null,
  attempts integer not null,
  parked_at integer not null,
  next_at integer,
  primary key (consumer, source, id)
);
create index parked_due on parked (next_at) where next_at is not null;
