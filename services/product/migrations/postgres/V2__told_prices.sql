-- What pricing told last of a product in a channel: each telling is complete, so it takes the place of the one before.
create table told_price (
  product_id uuid not null,
  channel text collate "C" not null,
  price_version bigint not null,
  primary key (product_id, channel)
);
insert into told_price (product_id, channel, price_version)
  select v.product_id, p.channel, max(p.price_version) from known_price p join variant v on v.id = p.variant_id
  group by v.product_id, p.channel;

-- How often pricing has been asked to set prices of the product.
alter table product add column asks bigint not null default 0;
