-- What is still to be done to carts that are kept outside of this database: an order's goods are to be taken out, a
-- customer's carts destroyed.
create table cart_orders_to_take_out (
  order_id blob not null primary key,
  cart_id blob not null,
  body text not null,
  noted_at integer not null
);
create index cart_orders_to_take_out_by_age on cart_orders_to_take_out (noted_at, order_id);

create table cart_customers_to_forget (
  customer_id blob not null primary key
);
