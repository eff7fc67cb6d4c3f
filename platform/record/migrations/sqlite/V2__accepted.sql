-- Where an operator has said that a service's log and what was told of it may differ: anchors between these entries that were told until
-- then count no more.
create table record_accepted (
  service text not null,
  after_seq integer not null,
  until_seq integer not null,
  accepted_at integer not null,
  primary key (service, accepted_at)
) without rowid;

-- What is told again of an entry whose anchor counts no more stands beside that.
create table record_anchor_anew (
  service text not null,
  seq integer not null check (seq >= 1),
  hash blob not null,
  told_at integer not null,
  primary key (service, seq, told_at)
) without rowid;
insert into record_anchor_anew (service, seq, hash, told_at) select service, seq, hash, told_at from record_anchor;
drop table record_anchor;
alter table record_anchor_anew rename to record_anchor;
create trigger record_anchor_stays before update on record_anchor
begin
  select raise(abort, 'an anchor of the audit log is not changed');
end;
create trigger record_anchor_is_kept before delete on record_anchor
begin
  select raise(abort, 'an anchor of the audit log is not deleted');
end;
