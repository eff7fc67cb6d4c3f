create table intent (
  id uuid primary key,
  kind text collate "C" not null,
  about text collate "C" not null,
  order_id uuid,
  user_id uuid,
  facts text not null,
  state text not null,
  attempts bigint not null,
  next_at timestamptz not null,
  last_error text,
  created_at timestamptz not null,
  ended_at timestamptz,
  constraint intent_once unique (kind, about),
  constraint intent_state check (state in ('waiting', 'sent', 'dropped', 'failed')),
  constraint intent_addressee check (order_id is not null or user_id is not null)
);
create index intent_due on intent (next_at) where state = 'waiting';
create index intent_order on intent (order_id);
create index intent_user on intent (user_id);

create table template (
  kind text collate "C" not null,
  locale text collate "C" not null,
  subject text not null,
  body_text text not null,
  body_html text not null,
  edited boolean not null,
  changed_at timestamptz not null,
  primary key (kind, locale)
);

create table mail (
  id uuid primary key,
  kind text collate "C" not null,
  recipient text not null,
  subject text not null,
  body_text text not null,
  body_html text not null,
  user_id uuid,
  order_id uuid,
  created_at timestamptz not null
);
create index mail_newest on mail (created_at, id);
