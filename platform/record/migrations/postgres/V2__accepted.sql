-- Where an operator has said that a service's log and what was told of it may differ: anchors between these entries that were told until
-- then count no more.
create table record_accepted (
  service text collate "C" not null,
  after_seq bigint not null,
  until_seq bigint not null,
  accepted_at timestamptz not null,
  primary key (service, accepted_at)
);

-- What is told again of an entry whose anchor counts no more stands beside that.
alter table record_anchor drop constraint record_anchor_pkey;
alter table record_anchor add primary key (service, seq, told_at);
