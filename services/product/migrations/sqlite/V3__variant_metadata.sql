-- A JSON object that belongs to whoever integrates the shop.
alter table variant add column metadata text not null default '{}';
