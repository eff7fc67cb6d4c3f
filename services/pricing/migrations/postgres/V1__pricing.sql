create table channels (
  id text collate "C" not null primary key,
  currency text collate "C" not null,
  currencies text not null,
  tax_included boolean not null,
  home_country text not null,
  locales text not null,
  version bigint not null,
  constraint channel_currency check (length(currency) = 3),
  constraint channel_home check (length(home_country) = 2)
);

create table product_prices (
  product_id uuid not null primary key,
  events bigint not null,
  price_version bigint not null,
  catalogue_version bigint not null,
  deleted boolean not null,
  next_change_at timestamptz,
  updated_at timestamptz not null,
  constraint versions_grow check (events >= 0 and price_version >= 0 and catalogue_version >= 0)
);
create index product_prices_due on product_prices (next_change_at) where next_change_at is not null;

create table prices (
  variant_id uuid not null,
  channel text collate "C" not null references channels (id),
  currency text collate "C" not null,
  customer_group text collate "C" not null,
  min_quantity bigint not null,
  valid_from timestamptz not null,
  valid_until timestamptz,
  product_id uuid not null references product_prices (product_id),
  amount bigint not null,
  compare_at bigint,
  primary key (variant_id, channel, currency, customer_group, min_quantity, valid_from),
  constraint price_not_negative check (amount >= 0),
  constraint price_compare_at check (compare_at is null or compare_at > amount),
  constraint price_quantity check (min_quantity >= 1),
  constraint price_validity check (valid_until is null or valid_until > valid_from),
  constraint price_currency check (length(currency) = 3)
);
create index prices_of_product on prices (product_id);

create table tax_rates (
  country text collate "C" not null,
  class text collate "C" not null,
  rate_bp bigint not null,
  primary key (country, class),
  constraint tax_rate_range check (rate_bp between 0 and 10000),
  constraint tax_class check (class in ('standard', 'reduced', 'zero')),
  constraint tax_country check (length(country) = 2)
);

create table shipping_zones (
  id text collate "C" not null primary key,
  name text not null,
  position bigint not null
);

create table shipping_zone_countries (
  country text collate "C" not null primary key,
  zone_id text collate "C" not null references shipping_zones (id),
  constraint zone_country check (length(country) = 2)
);

create table shipping_methods (
  id uuid not null primary key,
  channel text collate "C" not null references channels (id),
  zone_id text collate "C" not null references shipping_zones (id),
  title text not null,
  estimate text not null,
  currency text collate "C" not null,
  free_from bigint,
  position bigint not null,
  active boolean not null,
  version bigint not null,
  constraint method_free_from check (free_from is null or free_from >= 0)
);

create table shipping_brackets (
  method_id uuid not null references shipping_methods (id),
  position bigint not null,
  max_weight_grams bigint,
  min_items bigint not null,
  price bigint not null,
  primary key (method_id, position),
  constraint bracket_price check (price >= 0),
  constraint bracket_bounds check (min_items >= 0 and (max_weight_grams is null or max_weight_grams >= 0))
);

create table discounts (
  id uuid not null primary key,
  code text collate "C" not null unique,
  kind text not null,
  percentage_bp bigint,
  amount bigint,
  currency text collate "C",
  minimum bigint,
  minimum_currency text,
  limit_total bigint,
  limit_per_customer bigint,
  starts_at timestamptz,
  ends_at timestamptz,
  active boolean not null,
  held bigint not null,
  redeemed bigint not null,
  version bigint not null,
  created_at timestamptz not null,
  used_at timestamptz not null,
  constraint discount_benefit check (
    (kind = 'percentage' and percentage_bp is not null and percentage_bp between 1 and 10000 and amount is null and currency is null)
    or (kind = 'fixed' and amount is not null and amount > 0 and currency is not null and percentage_bp is null)
  ),
  constraint discount_minimum check ((minimum is null) = (minimum_currency is null) and (minimum is null or minimum >= 0)),
  constraint discount_counts check (held >= 0 and redeemed >= 0),
  constraint discount_limit check (limit_total is null or held + redeemed <= limit_total),
  constraint discount_limits check (limit_total is null or limit_total >= 1),
  constraint discount_customer_limit check (limit_per_customer is null or limit_per_customer >= 1),
  constraint discount_validity check (ends_at is null or starts_at is null or ends_at > starts_at)
);

create table discount_orders (
  order_id uuid not null primary key,
  attempt bigint not null,
  state text not null,
  customer_id uuid,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint discount_order_state check (state in ('held', 'kept', 'redeemed', 'freed', 'lapsed'))
);
create index discount_orders_expiring on discount_orders (expires_at) where state = 'held';
create index discount_orders_customer on discount_orders (customer_id) where customer_id is not null;

create table discount_order_codes (
  order_id uuid not null references discount_orders (order_id),
  discount_id uuid not null references discounts (id),
  primary key (order_id, discount_id)
);
create index discount_order_codes_discount on discount_order_codes (discount_id);
