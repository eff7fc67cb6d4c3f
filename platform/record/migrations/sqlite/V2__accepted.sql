-- Where an operator has said that a service's log and what was told of it may differ: anchors between these entries that were told until
-- then count no more.
create table record_accepted (
  service text not null,
  after_seq integer not null,
  until_seq integer not null,
  accepted_at integer not null,
  primary key (service, accepted_at)
) without rowid;
