create table location (
  id blob primary key,
  name text not null,
  priority integer not null,
  created_at integer not null,
  constraint location_name unique (name)
);
insert into location (id, name, priority, created_at) values (x'01930000000070008000000000000001', 'main', 0, 0);

create table variant_stock (
  variant_id blob primary key,
  sku text not null,
  product_id blob,
  product_version integer not null,
  retired integer not null,
  policy text not null,
  backordered integer not null,
  level_version integer not null,
  updated_at integer not null,
  constraint variant_stock_policy check (policy in ('deny', 'continue', 'untracked')),
  constraint variant_stock_backordered check (backordered >= 0)
) without rowid;
create index variant_stock_sku on variant_stock (sku, variant_id);
create index variant_stock_product on variant_stock (product_id) where product_id is not null;

create table stock_level (
  variant_id blob not null,
  location_id blob not null references location (id),
  received integer not null,
  returned integer not null,
  available integer not null,
  reserved integer not null,
  sold integer not null,
  shipped integer not null,
  primary key (variant_id, location_id),
  constraint stock_level_balance check (available + reserved + sold + shipped = received + returned),
  constraint stock_level_counts check (received >= 0 and returned >= 0 and available >= 0 and reserved >= 0
    and sold >= 0 and shipped >= 0)
) without rowid;

create table reservation (
  order_id blob primary key,
  state text not null,
  expires_at integer not null,
  short text not null,
  events integer not null,
  created_at integer not null,
  updated_at integer not null,
  constraint reservation_state check
    (state in ('held', 'sold', 'restocked', 'released', 'expired', 'tombstone', 'refused'))
) without rowid;
create index reservation_due on reservation (expires_at) where state = 'held';

create table reservation_part (
  order_id blob not null,
  variant_id blob not null,
  place integer not null,
  kind text not null,
  location_id blob not null,
  quantity integer not null,
  unsold integer not null,
  shipped integer not null,
  returned integer not null,
  primary key (order_id, variant_id, place),
  constraint reservation_part_kind check (kind in ('shelf', 'backorder', 'uncounted')),
  constraint reservation_part_counts check (quantity > 0 and unsold >= 0 and shipped >= 0 and returned >= 0
    and unsold + shipped <= quantity and returned <= shipped)
) without rowid;

create table shipment (
  shipment_id blob primary key,
  order_id blob not null,
  created_at integer not null
) without rowid;

create table restock (
  restock_id blob primary key,
  order_id blob not null,
  created_at integer not null
) without rowid;

create table adjustment (
  id blob primary key,
  variant_id blob not null,
  location_id blob not null,
  origin text not null,
  delta integer not null,
  on_hand integer not null,
  reason text not null,
  actor text not null,
  order_id blob,
  created_at integer not null,
  constraint adjustment_origin check (origin in ('manual', 'import', 'shipment')),
  constraint adjustment_on_hand check (on_hand >= 0)
) without rowid;
create index adjustment_variant on adjustment (variant_id, id);

create table stock_key (
  key text primary key,
  adjustment_id blob not null,
  reason text,
  events integer not null,
  created_at integer not null
) without rowid;
