create table location (
  id uuid primary key,
  name text collate "C" not null,
  priority bigint not null,
  created_at timestamptz not null,
  constraint location_name unique (name)
);
insert into location (id, name, priority, created_at) values ('01930000-0000-7000-8000-000000000001', 'main', 0, '1970-01-01T00:00:00Z');

create table variant_stock (
  variant_id uuid primary key,
  sku text collate "C" not null,
  product_id uuid,
  product_version bigint not null,
  retired boolean not null,
  policy text not null,
  backordered bigint not null,
  level_version bigint not null,
  updated_at timestamptz not null,
  constraint variant_stock_policy check (policy in ('deny', 'continue', 'untracked')),
  constraint variant_stock_backordered check (backordered >= 0)
);
create index variant_stock_sku on variant_stock (sku, variant_id);
create index variant_stock_product on variant_stock (product_id) where product_id is not null;

create table stock_level (
  variant_id uuid not null,
  location_id uuid not null references location (id),
  received bigint not null,
  returned bigint not null,
  available bigint not null,
  reserved bigint not null,
  sold bigint not null,
  shipped bigint not null,
  primary key (variant_id, location_id),
  constraint stock_level_balance check (available + reserved + sold + shipped = received + returned),
  constraint stock_level_counts check (received >= 0 and returned >= 0 and available >= 0 and reserved >= 0
    and sold >= 0 and shipped >= 0)
);

create table reservation (
  order_id uuid primary key,
  state text not null,
  expires_at timestamptz not null,
  short text not null,
  events bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint reservation_state check
    (state in ('held', 'sold', 'restocked', 'released', 'expired', 'tombstone', 'refused'))
);
create index reservation_due on reservation (expires_at) where state = 'held';

create table reservation_part (
  order_id uuid not null,
  variant_id uuid not null,
  place bigint not null,
  kind text not null,
  location_id uuid not null,
  quantity bigint not null,
  unsold bigint not null,
  shipped bigint not null,
  returned bigint not null,
  primary key (order_id, variant_id, place),
  constraint reservation_part_kind check (kind in ('shelf', 'backorder', 'uncounted')),
  constraint reservation_part_counts check (quantity > 0 and unsold >= 0 and shipped >= 0 and returned >= 0
    and unsold + shipped <= quantity and returned <= shipped)
);

create table shipment (
  shipment_id uuid primary key,
  order_id uuid not null,
  created_at timestamptz not null
);

create table restock (
  restock_id uuid primary key,
  order_id uuid not null,
  created_at timestamptz not null
);

create table adjustment (
  id uuid primary key,
  variant_id uuid not null,
  location_id uuid not null,
  origin text not null,
  delta bigint not null,
  on_hand bigint not null,
  reason text not null,
  actor text not null,
  order_id uuid,
  created_at timestamptz not null,
  constraint adjustment_origin check (origin in ('manual', 'import', 'shipment')),
  constraint adjustment_on_hand check (on_hand >= 0)
);
create index adjustment_variant on adjustment (variant_id, id);

create table stock_key (
  key text collate "C" primary key,
  adjustment_id uuid not null,
  reason text,
  events bigint not null,
  created_at timestamptz not null
);
