-- What security and staff actions did. An entry is appended by the unit that does the thing, and sealed a moment later:
-- numbered and chained to the one before. What is sealed is neither changed nor deleted any more.
create table record_entry (
  id uuid primary key,
  at timestamptz not null,
  actor_kind text collate "C" not null,
  actor text collate "C",
  api_key text collate "C",
  operator text,
  action text collate "C" not null,
  subject_kind text collate "C" not null,
  subject text collate "C" not null,
  was text,
  became text,
  times bigint not null check (times >= 1),
  address text,
  agent text,
  correlation text collate "C" not null,
  seq bigint check (seq >= 1),
  prev_hash bytea,
  hash bytea,
  check ((seq is null) = (hash is null) and (seq is null) = (prev_hash is null))
);
create unique index record_entry_seq on record_entry (seq);
create index record_entry_waiting on record_entry (id) where seq is null;
create index record_entry_time on record_entry (at, id);
create index record_entry_actor on record_entry (actor, at, id);
create index record_entry_action on record_entry (action, at, id);
create index record_entry_subject on record_entry (subject, at, id);

create function record_refuses() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0];
end
$$;
create trigger record_entry_stays before update on record_entry for each row when (old.seq is not null)
  execute function record_refuses('a sealed entry of the audit log is not changed');
create trigger record_entry_is_kept before delete on record_entry for each row
  execute function record_refuses('an entry of the audit log is not deleted');
create trigger record_entry_is_not_emptied before truncate on record_entry for each statement
  execute function record_refuses('an entry of the audit log is not deleted');

-- The end of the chain, and how far it has been told elsewhere.
create table record_head (
  one bigint primary key check (one = 1),
  seq bigint not null,
  hash bytea not null,
  told_seq bigint not null,
  told_at timestamptz
);

-- What happens often is counted first, and becomes one entry a minute.
create table record_tally (
  key bytea primary key,
  since timestamptz not null,
  times bigint not null,
  entry text not null
);
create index record_tally_age on record_tally (since);

-- Ends of other services' chains, as they told them. Whoever rewrites their log is found out by it.
create table record_anchor (
  service text collate "C" not null,
  seq bigint not null check (seq >= 1),
  hash bytea not null,
  told_at timestamptz not null,
  primary key (service, seq)
);
create trigger record_anchor_stays before update on record_anchor for each row
  execute function record_refuses('an anchor of the audit log is not changed');
create trigger record_anchor_is_kept before delete on record_anchor for each row
  execute function record_refuses('an anchor of the audit log is not deleted');
create trigger record_anchor_is_not_emptied before truncate on record_anchor for each statement
  execute function record_refuses('an anchor of the audit log is not deleted');

-- How far other services' chains have been verified.
create table record_verified (
  service text collate "C" primary key,
  seq bigint not null,
  hash bytea not null,
  verified_at timestamptz not null
);
