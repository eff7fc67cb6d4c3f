-- The authorisation of an order whose money waits for its shipments is renewed; which renewal was asked for, answered
-- and granted last.
alter table orders add column renewal_asked bigint not null default 0;
alter table orders add column renewal_answered bigint not null default 0;
alter table orders add column renewal_granted bigint not null default 0;
