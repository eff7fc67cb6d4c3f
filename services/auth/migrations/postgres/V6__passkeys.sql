-- The public halves of keys that people's devices keep. The id is the beginning of a digest of the credential's.
create table passkeys (
  id text collate "C" primary key,
  user_id uuid not null references accounts (id) on delete cascade,
  name text collate "C" not null,
  credential_id bytea not null unique,
  -- As the verifier wrote it down.
  credential text collate "C" not null,
  created_at timestamptz not null,
  last_used_at timestamptz
);
create index passkeys_owner on passkeys (user_id, created_at);

-- Devices that were asked to make or show a key, and have not answered yet. An answered one goes, whatever the answer was.
create table passkey_ceremonies (
  digest bytea primary key,
  rite text collate "C" not null,
  user_id uuid references accounts (id) on delete cascade,
  device bytea,
  state text collate "C" not null,
  expires_at timestamptz not null,
  constraint passkey_ceremonies_digest check (length(digest) = 32),
  constraint passkey_ceremonies_rite check (rite in ('register', 'log_in', 'factor'))
);
create index passkey_ceremonies_owner on passkey_ceremonies (user_id);
create index passkey_ceremonies_expiry on passkey_ceremonies (expires_at, digest);
