-- Who can log in. `email` and `name` are personal.
create table accounts (
  id blob primary key,
  -- As the person wrote it: mail goes there.
  email text not null,
  -- Lower case: what makes two addresses the same.
  email_key text not null unique,
  name text not null,
  locale text not null,
  password_hash text not null,
  -- Null: a shopper.
  role text,
  created_at integer not null,
  version integer not null,
  events integer not null,
  constraint accounts_role check (role in ('owner', 'manager', 'support', 'catalogue', 'read_only')),
  constraint accounts_counters check (version >= 1 and events >= 1)
);
create index accounts_staff on accounts (id) where role is not null;

-- What one login began.
create table sessions (
  id blob primary key,
  user_id blob not null references accounts (id) on delete cascade,
  transport text not null,
  cookie_digest blob unique,
  started_at integer not null,
  expires_at integer not null,
  ended_at integer,
  ended_because text,
  constraint sessions_transport check (transport in ('token', 'cookie')),
  constraint sessions_cookie check ((transport = 'cookie') = (cookie_digest is not null)),
  constraint sessions_end check ((ended_at is null) = (ended_because is null)),
  constraint sessions_because check (ended_because in ('logout', 'reuse'))
);
create index sessions_user on sessions (user_id, id);
create index sessions_expiry on sessions (expires_at, id);

-- The tokens of a session are a family; all but one have been used.
create table refresh_tokens (
  digest blob primary key,
  session_id blob not null references sessions (id) on delete cascade,
  issued_at integer not null,
  expires_at integer not null,
  used_at integer,
  constraint refresh_tokens_digest check (length(digest) = 32)
);
create unique index refresh_tokens_one_live on refresh_tokens (session_id) where used_at is null;
create index refresh_tokens_family on refresh_tokens (session_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at, digest) where used_at is not null;

-- The keys that access tokens are signed with.
create table signing_keys (
  kid text primary key,
  generation integer not null unique,
  public_key blob not null,
  -- The seed, or the wrapped seed.
  private_key blob not null,
  wrapped integer not null,
  created_at integer not null,
  signs_from integer not null,
  constraint signing_keys_public check (length(public_key) = 32),
  constraint signing_keys_private check (wrapped or length(private_key) = 32)
);
