-- How often all services were told of an erasure, and when they were the last time: after a restore they are told again. The first
-- telling is the erasure itself.
alter table erased_people add column told bigint not null default 1;
alter table erased_people add column told_at timestamptz;
