-- What was written about an order after its customer had been forgotten, and where the shopper was last asked to pay.
update order_refunds set reason = '' where reason <> '' and order_id in (select id from orders where email is null);
update order_shipments set tracking = null
  where tracking is not null and order_id in (select id from orders where email is null);
update orders set next_action = null where next_action is not null and email is null;
