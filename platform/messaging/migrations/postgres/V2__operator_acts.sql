create table operator_act (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  who text not null,
  deed text not null check (deed in ('redrive', 'discard')),
  place text not null check (place in ('parked', 'dead')),
  consumer text not null,
  message uuid not null,
  source text,
  type text,
  subject text,
  reason text
);
create index operator_act_place on operator_act (place, seq);
