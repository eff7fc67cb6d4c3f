-- What the person knows the device of a session by.
alter table sessions add column device text collate "C";

-- The devices that somebody has logged in with, by what is known of a browser's cookie or of a program's name.
create table devices (
  user_id uuid not null references accounts (id) on delete cascade,
  digest bytea not null,
  last_login_at timestamptz not null,
  primary key (user_id, digest),
  constraint devices_digest check (length(digest) = 32)
);
create index devices_last_login on devices (last_login_at, user_id, digest);

-- Passwords that were tried, counted from `since`. The key is a digest of whose and from where.
create table password_tries (
  key bytea primary key,
  since timestamptz not null,
  count bigint not null,
  constraint password_tries_key check (length(key) = 32)
);
create index password_tries_since on password_tries (since, key);

-- What programs show instead of logging in. The id is the beginning of the key itself.
create table api_keys (
  id text collate "C" primary key,
  digest bytea not null unique,
  user_id uuid not null references accounts (id) on delete cascade,
  name text collate "C" not null,
  -- Parted by blanks.
  permissions text collate "C" not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  constraint api_keys_digest check (length(digest) = 32)
);
create index api_keys_owner on api_keys (user_id);
