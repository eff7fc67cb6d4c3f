create table payment (
  id uuid primary key,
  order_id uuid not null,
  attempt bigint not null,
  provider text not null,
  currency text collate "C" not null,
  amount bigint not null,
  state text not null,
  active boolean not null,
  cancel boolean not null,
  authorized bigint not null,
  captured bigint not null,
  refunded bigint not null,
  released bigint not null,
  reason text,
  action_kind text,
  action_url text,
  expires_at timestamptz not null,
  token bytea,
  events bigint not null,
  version bigint not null,
  correlation text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint payment_state check (state in ('opened', 'authorizing', 'unknown', 'action_required', 'authorized',
    'captured', 'declined', 'expired', 'voided', 'refunded')),
  constraint payment_amounts check (refunded >= 0 and refunded <= captured and released >= 0
    and captured + released <= authorized and authorized <= amount),
  constraint payment_token check (token is null or state in ('opened', 'authorizing', 'unknown'))
);
create unique index payment_attempt on payment (order_id, attempt) where attempt > 0;
create index payment_expiring on payment (expires_at)
  where state in ('opened', 'authorizing', 'unknown', 'action_required');

create table intent (
  id uuid primary key,
  payment_id uuid not null,
  place bigint not null,
  kind text not null,
  amount bigint not null,
  asked uuid,
  phase text not null,
  attempts bigint not null,
  next_at timestamptz not null,
  reason text,
  created_at timestamptz not null,
  constraint intent_place unique (payment_id, place),
  constraint intent_kind check (kind in ('authorize', 'capture', 'void', 'refund')),
  constraint intent_phase check (phase in ('flying', 'unknown', 'waiting', 'done', 'failed', 'dropped'))
);
create unique index intent_asked on intent (payment_id, kind, asked) where asked is not null;
create index intent_due on intent (next_at) where phase in ('flying', 'unknown', 'waiting');

create table ledger_entry (
  transaction_id uuid not null,
  place bigint not null,
  payment_id uuid not null,
  what text not null,
  account text not null,
  amount bigint not null,
  currency text collate "C" not null,
  created_at timestamptz not null,
  primary key (transaction_id, place),
  constraint ledger_account check (account in ('authorized', 'promised', 'provider_clearing', 'sales', 'refunds')),
  constraint ledger_amount check (amount <> 0)
);
create index ledger_payment on ledger_entry (payment_id);

-- The test provider's own books.
create table test_charge (
  key uuid primary key,
  state text not null,
  amount bigint not null,
  captured bigint not null,
  refunded bigint not null,
  calls bigint not null,
  first_lost boolean not null,
  reason text,
  created_at timestamptz not null,
  constraint test_charge_state check (state in ('authorized', 'declined', 'action', 'silent', 'voided')),
  constraint test_charge_amounts check (refunded >= 0 and refunded <= captured and captured <= amount)
);

create table test_movement (
  key uuid primary key,
  charge_key uuid not null,
  kind text not null,
  amount bigint not null,
  approved boolean not null,
  created_at timestamptz not null,
  constraint test_movement_kind check (kind in ('capture', 'refund'))
);
