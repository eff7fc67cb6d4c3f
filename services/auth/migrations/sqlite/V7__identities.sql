-- A password_hash of no characters: the account has no password.

-- Who somebody is at a provider of logins.
create table identities (
  id blob primary key,
  user_id blob not null references accounts (id) on delete cascade,
  provider text not null,
  -- A digest of what the provider calls them.
  subject blob not null,
  -- Its owner linked it while logged in; otherwise an address did, which lets nobody in as staff.
  by_owner integer not null,
  linked_at integer not null,
  last_login_at integer,
  constraint identities_person unique (provider, subject),
  constraint identities_subject check (length(subject) = 32)
);
create index identities_user on identities (user_id, id);

-- Browsers that were sent to a provider and are to come back, by the digest of what their cookie holds.
create table errands (
  digest blob primary key,
  provider text not null,
  -- Who links the provider with their account. Null: somebody logs in.
  user_id blob references accounts (id) on delete cascade,
  return_to text not null,
  created_at integer not null,
  expires_at integer not null,
  constraint errands_digest check (length(digest) = 32)
);
create index errands_expiry on errands (expires_at, digest);
