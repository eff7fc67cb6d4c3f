-- Guests' orders of which no mails are kept any more: they may still be on their way when their person is erased.
create table erased_orders (
  order_id blob primary key,
  erased_at integer not null
);
