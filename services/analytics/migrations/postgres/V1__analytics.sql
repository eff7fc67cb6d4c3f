create table sale (
  order_id uuid primary key,
  day text collate "C",
  currency text collate "C",
  total bigint,
  placed bigint not null,
  confirmed bigint not null,
  cancelled bigint not null,
  refunded bigint not null,
  units bigint not null,
  changed_at timestamptz not null,
  constraint sale_refund check (refunded >= 0),
  constraint sale_units check (units >= 0)
);
create index sale_day on sale (day, currency);

create table sale_line (
  order_id uuid not null,
  variant_id uuid not null,
  quantity bigint not null,
  primary key (order_id, variant_id),
  constraint sale_line_quantity check (quantity > 0)
);

create table registration (
  user_id uuid primary key,
  day text collate "C" not null
);
create index registration_day on registration (day);
