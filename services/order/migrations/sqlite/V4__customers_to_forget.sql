-- Where an order went, or was billed: kept for the tax office once the address is erased.
alter table orders add column country text;

-- Customers who were erased while an order of theirs was on its way: it keeps its address until it has ended.
create table customers_to_forget (
  customer_id blob primary key,
  asked_at integer not null
);
