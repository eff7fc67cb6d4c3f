create table carts (
  id bytea not null primary key,
  version bigint not null,
  channel text not null,
  currency text not null,
  locale text not null,
  customer_id uuid,
  email text,
  shipping_address text,
  billing_address text,
  shipping_method_id uuid,
  discount_codes text not null,
  metadata text not null,
  operations text not null,
  merged_into bytea,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  constraint cart_id_length check (length(id) = 20),
  constraint cart_version check (version >= 1),
  constraint cart_currency check (length(currency) = 3),
  constraint cart_merged check (merged_into is null or merged_into <> id)
);
create index carts_expiring on carts (expires_at);
create index carts_of_customer on carts (customer_id, updated_at) where customer_id is not null;

create table cart_lines (
  id uuid not null primary key,
  cart_id bytea not null references carts (id),
  position bigint not null,
  variant_id uuid not null,
  quantity bigint not null,
  metadata text not null,
  constraint line_quantity check (quantity between 1 and 999)
);
create index cart_lines_of_cart on cart_lines (cart_id, position);

create table cart_applied_orders (
  order_id uuid not null primary key,
  cart_id bytea not null,
  applied_to bytea,
  applied_at timestamptz not null
);
create index cart_applied_orders_of_cart on cart_applied_orders (applied_to) where applied_to is not null;
