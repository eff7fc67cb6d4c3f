create table intent (
  id blob primary key,
  kind text not null,
  about text not null,
  order_id blob,
  user_id blob,
  facts text not null,
  state text not null,
  attempts integer not null,
  next_at integer not null,
  last_error text,
  created_at integer not null,
  ended_at integer,
  constraint intent_once unique (kind, about),
  constraint intent_state check (state in ('waiting', 'sent', 'dropped', 'failed')),
  constraint intent_addressee check (order_id is not null or user_id is not null)
);
create index intent_due on intent (next_at) where state = 'waiting';
create index intent_order on intent (order_id);
create index intent_user on intent (user_id);

create table template (
  kind text not null,
  locale text not null,
  subject text not null,
  body_text text not null,
  body_html text not null,
  edited integer not null,
  changed_at integer not null,
  primary key (kind, locale)
);

create table mail (
  id blob primary key,
  kind text not null,
  recipient text not null,
  subject text not null,
  body_text text not null,
  body_html text not null,
  user_id blob,
  order_id blob,
  created_at integer not null
);
create index mail_newest on mail (created_at, id);
