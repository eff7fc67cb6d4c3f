-- What people have agreed to, or no longer: one row for each word of theirs, none is ever changed.
create table consents (
  user_id uuid not null references profiles (user_id) on delete cascade,
  number bigint not null,
  purpose text collate "C" not null,
  granted boolean not null,
  -- The name of the text that was read.
  wording text collate "C" not null,
  place text collate "C" not null,
  at timestamptz not null,
  primary key (user_id, number),
  constraint consents_number check (number >= 1),
  constraint consents_purpose check (purpose in ('marketing')),
  constraint consents_place check (place in ('registration', 'account', 'checkout'))
);
