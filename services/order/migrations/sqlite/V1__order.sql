-- One row per order: what was frozen when it was placed, then the saga, which is all that ever changes.
create table orders (
  id blob primary key,
  number text not null unique,
  channel text not null,
  locale text not null,
  customer_id blob,
  cart_id blob not null,
  cart_version integer not null,
  email text,
  shipping_address text,
  billing_address text,
  shipping_method_id blob,
  shipping_method text,
  currency text not null,
  items_amount integer not null,
  discount_amount integer not null,
  shipping_amount integer not null,
  tax_amount integer not null,
  total_amount integer not null,
  tax_included integer not null,
  explain text not null,
  discount_codes text not null,
  metadata text not null,
  placed_at integer not null,
  state text not null,
  status text not null,
  capture_mode text not null,
  payment_id blob,
  attempt integer not null,
  phase text not null,
  next_action text,
  authorized integer not null,
  captured integer not null,
  refunded integer not null,
  capture_asked integer not null,
  cancelled_value integer not null,
  captures text not null,
  refund text,
  cancel text,
  committed integer not null,
  payment_closed integer not null,
  stock_closed integer not null,
  stuck integer not null,
  attention integer not null,
  reason text,
  confirmed_at integer,
  hold_until integer,
  entered_at integer not null,
  due_at integer,
  tries integer not null,
  version integer not null,
  events integer not null,
  notes integer not null,
  changed_at integer not null,
  constraint orders_total check (total_amount >= 0 and total_amount = items_amount + shipping_amount - discount_amount
    + case when tax_included = 1 then 0 else tax_amount end),
  constraint orders_payment check ((payment_id is null) = (total_amount = 0)),
  constraint orders_money check (refunded >= 0 and refunded <= captured and captured <= authorized),
  constraint orders_captures check (cancelled_value >= 0 and capture_asked + cancelled_value <= total_amount),
  constraint orders_state check (state in ('awaiting_stock', 'awaiting_authorization', 'awaiting_payment',
    'awaiting_commit', 'awaiting_capture', 'confirmed_held', 'confirmed', 'refunding', 'compensating', 'rejected',
    'cancelled', 'refunded'))
);
-- One order at a time comes of a cart, and one of each of its versions.
create unique index orders_live_cart on orders (cart_id)
  where confirmed_at is null and state not in ('rejected', 'cancelled', 'refunded');
create unique index orders_cart_version on orders (cart_id, cart_version)
  where confirmed_at is not null or state not in ('rejected', 'cancelled', 'refunded');
create index orders_cart on orders (cart_id, confirmed_at);
create index orders_due on orders (due_at) where due_at is not null;
create index orders_placed on orders (placed_at, id);
create index orders_status on orders (status, placed_at, id);
create index orders_customer on orders (customer_id, placed_at, id) where customer_id is not null;

create table order_lines (
  order_id blob not null references orders (id),
  position integer not null,
  item_id blob not null,
  variant_id blob not null,
  sku text not null,
  title text not null,
  variant_title text not null,
  product_slug text not null,
  image_url text not null,
  quantity integer not null,
  unit_price integer not null,
  total integer not null,
  discount integer not null,
  tax integer not null,
  tax_rate integer not null,
  worth integer not null,
  fulfilled integer not null,
  returned integer not null,
  refunded integer not null,
  cancelled integer not null,
  metadata text not null,
  primary key (order_id, position),
  unique (order_id, item_id),
  constraint order_lines_quantity check (quantity > 0),
  constraint order_lines_sent check (fulfilled >= 0 and cancelled >= 0 and fulfilled + cancelled <= quantity),
  constraint order_lines_back check (returned >= 0 and returned <= fulfilled and refunded >= 0 and refunded <= quantity)
) without rowid;

create table order_history (
  order_id blob not null references orders (id),
  seq integer not null,
  at integer not null,
  event text not null,
  primary key (order_id, seq)
) without rowid;

-- Every payment tried, in order; only the last counts. One without an id was being opened when the try ended.
create table order_payments (
  order_id blob not null references orders (id),
  attempt integer not null,
  payment_id blob unique,
  operation blob unique,
  opened_at integer not null,
  primary key (order_id, attempt)
) without rowid;

create table order_shipments (
  id blob primary key,
  order_id blob not null references orders (id),
  at integer not null,
  tracking text,
  pieces text not null
);
create index order_shipments_order on order_shipments (order_id, at, id);

create table order_refunds (
  id blob primary key,
  order_id blob not null references orders (id),
  at integer not null,
  amount integer not null,
  reason text not null,
  constraint order_refunds_amount check (amount > 0)
);
create index order_refunds_order on order_refunds (order_id, at, id);

-- Goods to go back on the shelf: inventory is asked until it has answered.
create table order_restocks (
  id blob primary key,
  order_id blob not null references orders (id),
  asked_at integer not null,
  pieces text not null,
  tries integer not null,
  due_at integer
);
create index order_restocks_due on order_restocks (due_at) where due_at is not null;

-- Requests that have had their effect: sent again they have none.
create table order_operations (
  id blob primary key,
  order_id blob not null references orders (id),
  kind text not null,
  at integer not null
);

-- One writer at a time draws from it, so numbers have no gaps.
create table order_numbers (
  id integer primary key,
  next integer not null,
  constraint order_numbers_one check (id = 1)
);
insert into order_numbers (id, next) values (1, 10001);
