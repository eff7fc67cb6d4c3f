-- One row per order: what was frozen when it was placed, then the saga, which is all that ever changes.
create table orders (
  id uuid primary key,
  number text collate "C" not null unique,
  channel text not null,
  locale text not null,
  customer_id uuid,
  cart_id bytea not null,
  cart_version bigint not null,
  email text,
  shipping_address text,
  billing_address text,
  shipping_method_id uuid,
  shipping_method text,
  currency text not null,
  items_amount bigint not null,
  discount_amount bigint not null,
  shipping_amount bigint not null,
  tax_amount bigint not null,
  total_amount bigint not null,
  tax_included boolean not null,
  explain text not null,
  discount_codes text not null,
  metadata text not null,
  placed_at timestamptz not null,
  state text not null,
  status text collate "C" not null,
  capture_mode text not null,
  payment_id uuid,
  attempt bigint not null,
  phase text not null,
  next_action text,
  authorized bigint not null,
  captured bigint not null,
  refunded bigint not null,
  capture_asked bigint not null,
  cancelled_value bigint not null,
  captures text not null,
  refund text,
  cancel text,
  committed boolean not null,
  payment_closed boolean not null,
  stock_closed boolean not null,
  stuck boolean not null,
  attention boolean not null,
  reason text,
  confirmed_at timestamptz,
  hold_until timestamptz,
  entered_at timestamptz not null,
  due_at timestamptz,
  tries bigint not null,
  version bigint not null,
  events bigint not null,
  notes bigint not null,
  changed_at timestamptz not null,
  constraint orders_total check (total_amount >= 0 and total_amount = items_amount + shipping_amount - discount_amount
    + case when tax_included then 0 else tax_amount end),
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
  order_id uuid not null references orders (id),
  position bigint not null,
  item_id uuid not null,
  variant_id uuid not null,
  sku text not null,
  title text not null,
  variant_title text not null,
  product_slug text not null,
  image_url text not null,
  quantity bigint not null,
  unit_price bigint not null,
  total bigint not null,
  discount bigint not null,
  tax bigint not null,
  tax_rate bigint not null,
  worth bigint not null,
  fulfilled bigint not null,
  returned bigint not null,
  refunded bigint not null,
  cancelled bigint not null,
  metadata text not null,
  primary key (order_id, position),
  unique (order_id, item_id),
  constraint order_lines_quantity check (quantity > 0),
  constraint order_lines_sent check (fulfilled >= 0 and cancelled >= 0 and fulfilled + cancelled <= quantity),
  constraint order_lines_back check (returned >= 0 and returned <= fulfilled and refunded >= 0 and refunded <= quantity)
);

create table order_history (
  order_id uuid not null references orders (id),
  seq bigint not null,
  at timestamptz not null,
  event text not null,
  primary key (order_id, seq)
);

-- Every payment tried, in order; only the last counts. One without an id was being opened when the try ended.
create table order_payments (
  order_id uuid not null references orders (id),
  attempt bigint not null,
  payment_id uuid unique,
  operation uuid unique,
  opened_at timestamptz not null,
  primary key (order_id, attempt)
);

create table order_shipments (
  id uuid primary key,
  order_id uuid not null references orders (id),
  at timestamptz not null,
  tracking text,
  pieces text not null
);
create index order_shipments_order on order_shipments (order_id, at, id);

create table order_refunds (
  id uuid primary key,
  order_id uuid not null references orders (id),
  at timestamptz not null,
  amount bigint not null,
  reason text not null,
  constraint order_refunds_amount check (amount > 0)
);
create index order_refunds_order on order_refunds (order_id, at, id);

-- Goods to go back on the shelf: inventory is asked until it has answered.
create table order_restocks (
  id uuid primary key,
  order_id uuid not null references orders (id),
  asked_at timestamptz not null,
  pieces text not null,
  tries bigint not null,
  due_at timestamptz
);
create index order_restocks_due on order_restocks (due_at) where due_at is not null;

-- Requests that have had their effect: sent again they have none.
create table order_operations (
  id uuid primary key,
  order_id uuid not null references orders (id),
  kind text not null,
  at timestamptz not null
);

-- A sequence, because a row that every order writes would make all of them wait for each other. The price: a number
-- whose unit failed is never used.
create sequence order_numbers start with 10001;
