-- Which asking of the catalogue has set a variant's stock last, so that one that comes late does not undo a later one.
create table stock_asked (
  variant_id uuid primary key,
  asked bigint not null
);
