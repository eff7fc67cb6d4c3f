-- Roles that the shop has made for itself, beside the built-in ones.
create table custom_roles (
  name text primary key,
  -- Parted by blanks.
  permissions text not null,
  created_at integer not null,
  changed_at integer not null
);

-- Of staff in such a role; `role` is of those in a built-in one.
alter table accounts add column custom_role text references custom_roles (name)
  constraint accounts_one_role check (role is null or custom_role is null);
create index accounts_custom_role on accounts (custom_role) where custom_role is not null;

-- Who is asked to work here. When it was made, until when it is good, and to which address it went is told by its link.
create table invitations (
  link_id blob primary key references account_links (id) on delete cascade,
  -- Personal, as `name` is. Lower case: what makes two addresses the same.
  email_key text not null,
  name text not null,
  locale text not null,
  role text,
  custom_role text references custom_roles (name),
  invited_by blob not null references accounts (id) on delete cascade,
  constraint invitations_one_role check ((role is null) <> (custom_role is null))
);
create index invitations_email on invitations (email_key);
create index invitations_custom_role on invitations (custom_role) where custom_role is not null;
create index invitations_invited_by on invitations (invited_by);
