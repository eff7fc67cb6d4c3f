-- The public halves of keys that people's devices keep. The id is the beginning of a digest of the credential's.
create table passkeys (
  id text primary key,
  user_id blob not null references accounts (id) on delete cascade,
  name text not null,
  credential_id blob not null unique,
  -- As the verifier wrote it down.
  credential text not null,
  created_at integer not null,
  last_used_at integer
);
create index passkeys_owner on passkeys (user_id, created_at);

-- Devices that were asked to make or show a key, and have not answered yet. An answered one goes, whatever the answer was.
create table passkey_ceremonies (
  digest blob primary key,
  rite text not null,
  user_id blob references accounts (id) on delete cascade,
  device blob,
  state text not null,
  expires_at integer not null,
  constraint passkey_ceremonies_digest check (length(digest) = 32),
  constraint passkey_ceremonies_rite check (rite in ('register', 'log_in', 'factor'))
);
create index passkey_ceremonies_owner on passkey_ceremonies (user_id);
create index passkey_ceremonies_expiry on passkey_ceremonies (expires_at, digest);
