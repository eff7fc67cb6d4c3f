-- The audit walks through payments in the order of their orders.
create index payment_order on payment (order_id, id);

-- What was set right after a look into a provider's books: by whom, and how the two differed.
create table reconciled (
  seq integer primary key,
  at integer not null,
  who text not null,
  provider text not null,
  charge blob not null,
  payment_id blob not null,
  order_id blob not null,
  kind text not null,
  detail text not null
);

-- The test provider's books tell whose a charge is, as a real one's do, and when it changed.
alter table test_charge add column payment_id blob;
alter table test_charge add column order_id blob;
alter table test_charge add column attempt integer;
alter table test_charge add column currency text;
alter table test_charge add column changed_at integer not null default 0;
update test_charge set changed_at = created_at;
update test_charge set (payment_id, order_id, attempt, currency) =
  (select p.id, p.order_id, p.attempt, p.currency from payment p join intent i on i.payment_id = p.id where i.id = test_charge.key);
