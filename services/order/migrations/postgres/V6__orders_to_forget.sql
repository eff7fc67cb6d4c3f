-- Guests' orders whose person was erased while they were on their way: they keep their address until they have ended.
create table orders_to_forget (
  order_id uuid primary key,
  asked_at timestamptz not null
);
