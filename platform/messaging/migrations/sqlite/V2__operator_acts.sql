create table operator_act (
  seq integer primary key,
  at integer not null,
  who text not null,
  deed text not null check (deed in ('redrive', 'discard')),
  place text not null check (place in ('parked', 'dead')),
  consumer text not null,
  message blob not null,
  source text,
  type text,
  subject text,
  reason text
);
create index operator_act_place on operator_act (place, seq);
