-- Money that waits for the shipments is set aside anew before the authorisation lapses, and captured again after.
alter table payment add column renewal integer not null default 0;
alter table payment add column renewed integer not null default 0;

-- SQLite changes a check only with its table.
create table intent_new (
  id blob primary key,
  payment_id blob not null,
  place integer not null,
  kind text not null,
  amount integer not null,
  asked blob,
  phase text not null,
  attempts integer not null,
  next_at integer not null,
  reason text,
  created_at integer not null,
  constraint intent_place unique (payment_id, place),
  constraint intent_kind check (kind in ('authorize', 'renew', 'capture', 'void', 'refund')),
  constraint intent_phase check (phase in ('flying', 'unknown', 'waiting', 'done', 'failed', 'dropped'))
) without rowid;
insert into intent_new (id, payment_id, place, kind, amount, asked, phase, attempts, next_at, reason, created_at)
  select id, payment_id, place, kind, amount, asked, phase, attempts, next_at, reason, created_at from intent;
drop table intent;
alter table intent_new rename to intent;
create unique index intent_asked on intent (payment_id, kind, asked) where asked is not null and phase <> 'failed';
create index intent_due on intent (next_at) where phase in ('flying', 'unknown', 'waiting');

alter table test_charge add column habit text;
create table test_movement_new (
  key blob primary key,
  charge_key blob not null,
  kind text not null,
  amount integer not null,
  approved integer not null,
  created_at integer not null,
  constraint test_movement_kind check (kind in ('renew', 'capture', 'refund'))
) without rowid;
insert into test_movement_new (key, charge_key, kind, amount, approved, created_at)
  select key, charge_key, kind, amount, approved, created_at from test_movement;
drop table test_movement;
alter table test_movement_new rename to test_movement;
create index test_movement_charge on test_movement (charge_key);
