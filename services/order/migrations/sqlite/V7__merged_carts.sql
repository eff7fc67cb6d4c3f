-- Carts whose lines another cart held when it was ordered: whoever had begun to order one of them in another window orders it no more.
create table merged_carts (
  cart_id blob primary key,
  ordered_as blob not null
);
