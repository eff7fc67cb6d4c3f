-- Roles that the shop has made for itself, beside the built-in ones.
create table custom_roles (
  name text collate "C" primary key,
  -- Parted by blanks.
  permissions text collate "C" not null,
  created_at timestamptz not null,
  changed_at timestamptz not null
);

-- Of staff in such a role; `role` is of those in a built-in one.
alter table accounts add column custom_role text collate "C" references custom_roles (name)
  constraint accounts_one_role check (role is null or custom_role is null);
create index accounts_custom_role on accounts (custom_role) where custom_role is not null;

-- Who is asked to work here. When it was made, until when it is good, and to which address it went is told by its link.
create table invitations (
  link_id uuid primary key references account_links (id) on delete cascade,
  -- Personal, as `name` is. Lower case: what makes two addresses the same.
  email_key text collate "C" not null,
  name text not null,
  locale text not null,
  role text collate "C",
  custom_role text collate "C" references custom_roles (name),
  invited_by uuid not null references accounts (id) on delete cascade,
  constraint invitations_one_role check ((role is null) <> (custom_role is null))
);
create index invitations_email on invitations (email_key);
create index invitations_custom_role on invitations (custom_role) where custom_role is not null;
create index invitations_invited_by on invitations (invited_by);
