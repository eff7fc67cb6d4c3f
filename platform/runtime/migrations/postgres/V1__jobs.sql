-- Jobs that are done now and then by one process at a time, whichever it is.
create table job (
  name text collate "C" primary key,
  owner uuid not null,
  -- Nobody else begins it before.
  until_at timestamptz not null,
  due_at timestamptz not null,
  -- How it ended the last time, for whoever wants to show it.
  ended_at timestamptz,
  outcome text collate "C",
  constraint job_outcome check ((ended_at is null) = (outcome is null))
);
