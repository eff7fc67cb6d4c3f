create table sale (
  order_id blob primary key,
  day text,
  currency text,
  total integer,
  placed integer not null,
  confirmed integer not null,
  cancelled integer not null,
  refunded integer not null,
  units integer not null,
  changed_at integer not null,
  constraint sale_refund check (refunded >= 0),
  constraint sale_units check (units >= 0)
);
create index sale_day on sale (day, currency);

create table sale_line (
  order_id blob not null,
  variant_id blob not null,
  quantity integer not null,
  primary key (order_id, variant_id),
  constraint sale_line_quantity check (quantity > 0)
);

create table registration (
  user_id blob primary key,
  day text not null
);
create index registration_day on registration (day);
