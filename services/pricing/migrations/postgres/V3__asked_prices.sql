-- Which asking of the catalogue has set a variant's base price last, so that one that comes late, or twice, does not
-- undo a later one.
create table asked_prices (
  variant_id uuid not null,
  channel text collate "C" not null,
  asked bigint not null,
  primary key (variant_id, channel)
);
