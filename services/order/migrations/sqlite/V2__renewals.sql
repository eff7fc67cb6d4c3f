-- The authorisation of an order whose money waits for its shipments is renewed; which renewal was asked for, answered
-- and granted last.
alter table orders add column renewal_asked integer not null default 0;
alter table orders add column renewal_answered integer not null default 0;
alter table orders add column renewal_granted integer not null default 0;
