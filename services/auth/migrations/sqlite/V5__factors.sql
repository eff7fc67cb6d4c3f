-- When the person of a session last showed who they are, and how: words parted by blanks. Null: when it began, by password.
alter table sessions add column proven_at integer;
alter table sessions add column proven_by text;

-- Authenticator apps. Until it is confirmed by a first code it opens nothing and closes nothing.
create table totp_factors (
  user_id blob primary key references accounts (id) on delete cascade,
  -- Wrapped by the same key as private signing keys, where there is one.
  secret blob not null,
  wrapped integer not null,
  created_at integer not null,
  confirmed_at integer,
  -- Codes of this half minute since 1970 and of those before it are not taken any more.
  used_step integer not null
);

-- What is left of the codes for whoever has lost their other factors. A used one goes.
create table recovery_codes (
  user_id blob not null references accounts (id) on delete cascade,
  digest blob not null,
  primary key (user_id, digest),
  constraint recovery_codes_digest check (length(digest) = 32)
);

-- Somebody has shown the password, or came with a provider's word, and is asked for a second factor. A used one goes.
create table factor_challenges (
  digest blob primary key,
  user_id blob not null references accounts (id) on delete cascade,
  device blob not null,
  -- In which of these ways.
  shown text not null,
  transport text not null,
  created_at integer not null,
  expires_at integer not null,
  constraint factor_challenges_digest check (length(digest) = 32),
  constraint factor_challenges_device check (length(device) = 32),
  constraint factor_challenges_transport check (transport in ('token', 'cookie'))
);
create index factor_challenges_owner on factor_challenges (user_id);
create index factor_challenges_expiry on factor_challenges (expires_at, digest);
