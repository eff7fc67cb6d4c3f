-- What the script of a checkout finds there: stock of some variants, and the few functions that it is written with.
-- The tables come from the services' own databases, a schema for each.
create sequence public.checkouts;

-- Ids in the order of the checkouts, as those of the services are in the order of time.
create function public.id(checkout bigint, number bigint) returns uuid language sql immutable
  return lpad(to_hex(checkout * 64 + number), 32, '0')::uuid;
create function public.cart(checkout bigint) returns bytea language sql immutable
  return decode(lpad(to_hex(checkout), 40, '0'), 'hex');
create function public.variant(number bigint) returns uuid language sql immutable
  return lpad(to_hex(number), 32, 'b')::uuid;
-- Text that does not compress to nothing, so that a mail costs what a mail costs.
do $$ begin
  execute format('create function public.filler(length integer) returns text language sql immutable return left(%L, length)',
    (select string_agg(md5(n::text), '') from generate_series(1, 90) n));
end $$;

insert into hanse_inventory.variant_stock
    (variant_id, sku, product_version, retired, policy, backordered, level_version, updated_at)
  select variant(n), 'B' || n, 1, false, 'deny', 0, 1, now() from generate_series(1, 120) n;
insert into hanse_inventory.location (id, name, priority, created_at)
  values ('01930000-0000-7000-8000-000000000001', 'main', 0, now()) on conflict do nothing;
insert into hanse_inventory.stock_level
    (variant_id, location_id, received, returned, available, reserved, sold, shipped)
  select variant(n), '01930000-0000-7000-8000-000000000001', 900000000, 0, 900000000, 0, 0, 0
  from generate_series(1, 120) n;
insert into hanse_product.known_level (variant_id, available, policy, level_version)
  select variant(n), 900000000, 'deny', 1 from generate_series(1, 120) n;
