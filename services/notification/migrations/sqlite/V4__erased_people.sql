-- Whose mails are not kept any more: an order of theirs may still be on its way when they are erased.
create table erased_people (
  user_id blob primary key,
  erased_at integer not null
);
create index mail_user on mail (user_id) where user_id is not null;
