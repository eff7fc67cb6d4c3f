-- Which asking of the catalogue has set a variant's base price last, so that one that comes late, or twice, does not
-- undo a later one.
create table asked_prices (
  variant_id blob not null,
  channel text not null,
  asked integer not null,
  primary key (variant_id, channel)
) without rowid;
