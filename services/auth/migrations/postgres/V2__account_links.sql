-- When the person proved that the address is theirs. Null: not yet.
alter table accounts add column email_verified_at timestamptz;

-- Links that are mailed to people. Without an owner: an invitation, or asked for with an address that has no account, or too
-- often.
create table account_links (
  id uuid primary key,
  user_id uuid references accounts (id) on delete cascade,
  purpose text collate "C" not null,
  -- Personal. What the account's address is to become, or who is invited; null: the link is mailed to the one that it has.
  email text collate "C",
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Used, or made void by a newer one.
  closed_at timestamptz,
  constraint account_links_purpose check (
    purpose in ('reset_password', 'verify_email', 'change_email', 'invitation')
  )
);
create index account_links_owner on account_links (user_id, purpose, created_at);
create index account_links_expiry on account_links (expires_at, id);

-- One for each time that the link's mail was written: a mail that was sent twice has two, and the first use closes both.
create table account_link_tokens (
  digest bytea primary key,
  link_id uuid not null references account_links (id) on delete cascade,
  constraint account_link_tokens_digest check (length(digest) = 32)
);
create index account_link_tokens_link on account_link_tokens (link_id);
