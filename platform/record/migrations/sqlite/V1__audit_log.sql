-- What security and staff actions did. An entry is appended by the unit that does the thing, and sealed a moment later:
-- numbered and chained to the one before. What is sealed is neither changed nor deleted any more.
create table record_entry (
  id blob primary key,
  at integer not null,
  actor_kind text not null,
  actor text,
  api_key text,
  operator text,
  action text not null,
  subject_kind text not null,
  subject text not null,
  was text,
  became text,
  times integer not null check (times >= 1),
  address text,
  agent text,
  correlation text not null,
  seq integer check (seq >= 1),
  prev_hash blob,
  hash blob,
  check ((seq is null) = (hash is null) and (seq is null) = (prev_hash is null))
) without rowid;
create unique index record_entry_seq on record_entry (seq);
create index record_entry_waiting on record_entry (id) where seq is null;
create index record_entry_time on record_entry (at, id);
create index record_entry_actor on record_entry (actor, at, id);
create index record_entry_action on record_entry (action, at, id);
create index record_entry_subject on record_entry (subject, at, id);

create trigger record_entry_stays before update on record_entry when old.seq is not null
begin
  select raise(abort, 'a sealed entry of the audit log is not changed');
end;
create trigger record_entry_is_kept before delete on record_entry
begin
  select raise(abort, 'an entry of the audit log is not deleted');
end;

-- The end of the chain, and how far it has been told elsewhere.
create table record_head (
  one integer primary key check (one = 1),
  seq integer not null,
  hash blob not null,
  told_seq integer not null,
  told_at integer
);

-- What happens often is counted first, and becomes one entry a minute.
create table record_tally (
  key blob primary key,
  since integer not null,
  times integer not null,
  entry text not null
) without rowid;
create index record_tally_age on record_tally (since);

-- Ends of other services' chains, as they told them. Whoever rewrites their log is found out by it.
create table record_anchor (
  service text not null,
  seq integer not null check (seq >= 1),
  hash blob not null,
  told_at integer not null,
  primary key (service, seq)
) without rowid;
create trigger record_anchor_stays before update on record_anchor
begin
  select raise(abort, 'an anchor of the audit log is not changed');
end;
create trigger record_anchor_is_kept before delete on record_anchor
begin
  select raise(abort, 'an anchor of the audit log is not deleted');
end;

-- How far other services' chains have been verified.
create table record_verified (
  service text primary key,
  seq integer not null,
  hash blob not null,
  verified_at integer not null
) without rowid;
