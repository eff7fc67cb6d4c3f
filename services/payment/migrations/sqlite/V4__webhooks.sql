-- There was news while the provider was being asked: its answer may be older.
alter table intent add column again integer not null default 0;

-- What providers have told, by their own names of it: the same one comes again.
create table webhook (
  provider text not null,
  event text not null,
  received_at integer not null,
  primary key (provider, event)
) without rowid;
create index webhook_received on webhook (received_at);
