-- What pricing told last of a product in a channel: each telling is complete, so it takes the place of the one before.
create table told_price (
  product_id blob not null,
  channel text not null,
  price_version integer not null,
  primary key (product_id, channel)
) without rowid;
insert into told_price (product_id, channel, price_version)
  select v.product_id, p.channel, max(p.price_version) from known_price p join variant v on v.id = p.variant_id
  group by v.product_id, p.channel;

-- How often pricing has been asked to set prices of the product.
alter table product add column asks integer not null default 0;
