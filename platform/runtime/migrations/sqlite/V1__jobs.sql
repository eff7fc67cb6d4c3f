-- Jobs that are done now and then by one process at a time, whichever it is.
create table job (
  name text primary key,
  owner blob not null,
  -- Nobody else begins it before.
  until_at integer not null,
  due_at integer not null,
  -- How it ended the last time, for whoever wants to show it.
  ended_at integer,
  outcome text,
  constraint job_outcome check ((ended_at is null) = (outcome is null))
) without rowid;
