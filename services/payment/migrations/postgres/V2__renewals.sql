-- Money that waits for the shipments is set aside anew before the authorisation lapses, and captured again after.
alter table payment add column renewal bigint not null default 0;
alter table payment add column renewed bigint not null default 0;
alter table intent drop constraint intent_kind;
alter table intent add constraint intent_kind check (kind in ('authorize', 'renew', 'capture', 'void', 'refund'));
drop index intent_asked;
create unique index intent_asked on intent (payment_id, kind, asked) where asked is not null and phase <> 'failed';

alter table test_charge add column habit text;
alter table test_movement drop constraint test_movement_kind;
alter table test_movement add constraint test_movement_kind check (kind in ('renew', 'capture', 'refund'));
create index test_movement_charge on test_movement (charge_key);
