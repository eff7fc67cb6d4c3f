create table payment (
  id blob primary key,
  order_id blob not null,
  attempt integer not null,
  provider text not null,
  currency text not null,
  amount integer not null,
  state text not null,
  active integer not null,
  cancel integer not null,
  authorized integer not null,
  captured integer not null,
  refunded integer not null,
  released integer not null,
  reason text,
  action_kind text,
  action_url text,
  expires_at integer not null,
  token blob,
  events integer not null,
  version integer not null,
  correlation text not null,
  created_at integer not null,
  updated_at integer not null,
  constraint payment_state check (state in ('opened', 'authorizing', 'unknown', 'action_required', 'authorized',
    'captured', 'declined', 'expired', 'voided', 'refunded')),
  constraint payment_amounts check (refunded >= 0 and refunded <= captured and released >= 0
    and captured + released <= authorized and authorized <= amount),
  constraint payment_token check (token is null or state in ('opened', 'authorizing', 'unknown'))
) without rowid;
create unique index payment_attempt on payment (order_id, attempt) where attempt > 0;
create index payment_expiring on payment (expires_at)
  where state in ('opened', 'authorizing', 'unknown', 'action_required');

create table intent (
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
  constraint intent_kind check (kind in ('authorize', 'capture', 'void', 'refund')),
  constraint intent_phase check (phase in ('flying', 'unknown', 'waiting', 'done', 'failed', 'dropped'))
) without rowid;
create unique index intent_asked on intent (payment_id, kind, asked) where asked is not null;
create index intent_due on intent (next_at) where phase in ('flying', 'unknown', 'waiting');

create table ledger_entry (
  transaction_id blob not null,
  place integer not null,
  payment_id blob not null,
  what text not null,
  account text not null,
  amount integer not null,
  currency text not null,
  created_at integer not null,
  primary key (transaction_id, place),
  constraint ledger_account check (account in ('authorized', 'promised', 'provider_clearing', 'sales', 'refunds')),
  constraint ledger_amount check (amount <> 0)
) without rowid;
create index ledger_payment on ledger_entry (payment_id);

-- The test provider's own books.
create table test_charge (
  key blob primary key,
  state text not null,
  amount integer not null,
  captured integer not null,
  refunded integer not null,
  calls integer not null,
  first_lost integer not null,
  reason text,
  created_at integer not null,
  constraint test_charge_state check (state in ('authorized', 'declined', 'action', 'silent', 'voided')),
  constraint test_charge_amounts check (refunded >= 0 and refunded <= captured and captured <= amount)
) without rowid;

create table test_movement (
  key blob primary key,
  charge_key blob not null,
  kind text not null,
  amount integer not null,
  approved integer not null,
  created_at integer not null,
  constraint test_movement_kind check (kind in ('capture', 'refund'))
) without rowid;
