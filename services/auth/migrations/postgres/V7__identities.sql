-- A password_hash of no characters: the account has no password.

-- Who somebody is at a provider of logins.
create table identities (
  id uuid primary key,
  user_id uuid not null references accounts (id) on delete cascade,
  provider text collate "C" not null,
  -- A digest of what the provider calls them.
  subject bytea not null,
  -- Its owner linked it while logged in; otherwise an address did, which lets nobody in as staff.
  by_owner boolean not null,
  linked_at timestamptz not null,
  last_login_at timestamptz,
  constraint identities_person unique (provider, subject),
  constraint identities_subject check (length(subject) = 32)
);
create index identities_user on identities (user_id, id);

-- Browsers that were sent to a provider and are to come back, by the digest of what their cookie holds.
create table errands (
  digest bytea primary key,
  provider text collate "C" not null,
  -- Who links the provider with their account. Null: somebody logs in.
  user_id uuid references accounts (id) on delete cascade,
  return_to text collate "C" not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  constraint errands_digest check (length(digest) = 32)
);
create index errands_expiry on errands (expires_at, digest);
