-- People with a login. `name` is personal.
create table profiles (
  user_id uuid primary key,
  -- Null until auth has been asked, or the person has said.
  name text,
  locale text not null,
  staff boolean not null,
  -- JSON object, the merchant's own.
  metadata text not null,
  -- Auth has been asked for the name.
  contact_known boolean not null,
  created_at timestamptz not null,
  version bigint not null,
  constraint profiles_version check (version >= 1)
);
create index profiles_customers on profiles (user_id) where not staff;
create index profiles_unknown on profiles (user_id) where not contact_known;

-- The words of names, lower case: how staff find a customer.
create table name_words (
  word text collate "C" not null,
  user_id uuid not null references profiles (user_id) on delete cascade,
  primary key (word, user_id)
);
create index name_words_of on name_words (user_id);

-- Address books; all texts are personal.
create table addresses (
  id uuid primary key,
  user_id uuid not null references profiles (user_id) on delete cascade,
  name text not null,
  line1 text not null,
  line2 text,
  city text not null,
  postal_code text not null,
  region text,
  country text not null,
  phone text,
  is_default boolean not null,
  created_at timestamptz not null,
  constraint addresses_country check (length(country) = 2)
);
create index addresses_of on addresses (user_id, id);
create unique index addresses_default on addresses (user_id) where is_default;
