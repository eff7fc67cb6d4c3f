-- Everybody who was erased, for good: whoever restores an old backup erases them again.
create table erased_people (
  user_id uuid primary key,
  erased_at timestamptz not null,
  -- The person themselves, or staff: by id.
  asked_by text not null
);
create index erased_people_at on erased_people (erased_at, user_id);
