create table http_idempotency (
  scope text not null,
  key text not null,
  fingerprint text not null,
  operation uuid not null,
  lease_until bigint not null,
  status integer,
  headers text,
  body text,
  created_at bigint not null,
  constraint http_idempotency_pk primary key (scope, key)
);
create index http_idempotency_operation on http_idempotency (operation);
create index http_idempotency_created_at on http_idempotency (created_at);
