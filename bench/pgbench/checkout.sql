-- One checkout's writes, of all services, in one transaction: row for row what a cart of two lines writes on its way to a
-- confirmed order, as `cargo xtask bench --cluster` counts it on the league. Where a saga changes a row several times,
-- so does this; a message is marked as sent at once, as its relay does later. What the same server needs for the same
-- rows without services, messages and separate commits is what a checkout is compared with.
select nextval('checkouts') as n \gset
\set v random(1, 113)
\set w :v + 7
\startpipeline
begin;

-- The cart, kept in its database behind Redis: opened, filled twice, addressed, shipped, emptied by the order.
insert into hanse_cart.carts (id, version, channel, currency, locale, discount_codes, metadata, operations, created_at, updated_at, expires_at)
  values (cart(:n), 1, 'default', 'EUR', 'en', '[]', '{}', '[]', now(), now(), now() + interval '30 days');
update hanse_cart.carts set version = version + 1, updated_at = now() where id = cart(:n);
insert into hanse_cart.cart_lines (id, cart_id, position, variant_id, quantity, metadata) values
  (id(:n, 1), cart(:n), 0, variant(:v), 1, '{}');
delete from hanse_cart.cart_lines where cart_id = cart(:n);
update hanse_cart.carts set version = version + 1, updated_at = now() where id = cart(:n);
insert into hanse_cart.cart_lines (id, cart_id, position, variant_id, quantity, metadata) values
  (id(:n, 3), cart(:n), 0, variant(:v), 1, '{}'),
  (id(:n, 4), cart(:n), 1, variant(:w), 1, '{}');
delete from hanse_cart.cart_lines where cart_id = cart(:n);
update hanse_cart.carts set version = version + 1, updated_at = now(), email = 'ana@example.org', shipping_address = filler(134) where id = cart(:n);
insert into hanse_cart.cart_lines (id, cart_id, position, variant_id, quantity, metadata) values
  (id(:n, 5), cart(:n), 0, variant(:v), 1, '{}'),
  (id(:n, 6), cart(:n), 1, variant(:w), 1, '{}');
delete from hanse_cart.cart_lines where cart_id = cart(:n);
update hanse_cart.carts set version = version + 1, updated_at = now(), shipping_method_id = '0192a000-0000-7000-8000-000000000003' where id = cart(:n);
insert into hanse_cart.cart_lines (id, cart_id, position, variant_id, quantity, metadata) values
  (id(:n, 7), cart(:n), 0, variant(:v), 1, '{}'),
  (id(:n, 8), cart(:n), 1, variant(:w), 1, '{}');

-- The order: its claim, itself, its saga's five states.
insert into hanse_order.http_idempotency (scope, key, fingerprint, operation, lease_until, created_at)
  values ('POST /api/store/checkout anonymous', 'bench-' || :n::bigint, filler(64), id(:n, 0), 0, 0);
insert into hanse_payment.payment
    (id, order_id, attempt, provider, currency, amount, state, active, cancel, authorized, captured, refunded, released,
     expires_at, token, events, version, correlation, created_at, updated_at)
  values (id(:n, 10), id(:n, 0), 1, 'test', 'EUR', 16800, 'opened', false, false, 0, 0, 0, 0,
     now() + interval '30 minutes', decode(filler(64), 'hex'), 0, 1, filler(32), now(), now());
insert into hanse_order.orders
    (id, number, channel, locale, cart_id, cart_version, email, shipping_address, shipping_method_id, shipping_method,
     currency, items_amount, discount_amount, shipping_amount, tax_amount, total_amount, tax_included, explain,
     discount_codes, metadata, placed_at, state, status, capture_mode, payment_id, attempt, phase, authorized, captured,
     refunded, capture_asked, cancelled_value, captures, committed, payment_closed, stock_closed, stuck, attention,
     entered_at, due_at, tries, version, events, notes, changed_at)
  values (id(:n, 0), 'H-' || :n::bigint, 'default', 'en', cart(:n), 5, 'ana@example.org', filler(134),
     '0192a000-0000-7000-8000-000000000003', 'Standard', 'EUR', 16800, 0, 0, 3360, 16800, true, filler(363),
     '[]', '{}', now(), 'awaiting_stock', 'pending', 'at_confirmation', id(:n, 10), 1, 'opened', 0, 0,
     0, 0, 0, '[]', false, false, false, false, false,
     now(), now() + interval '10 seconds', 0, 1, 1, 0, now());
insert into hanse_order.order_lines
    (order_id, position, item_id, variant_id, sku, title, variant_title, product_slug, image_url, quantity, unit_price,
     total, discount, tax, tax_rate, worth, fulfilled, returned, refunded, cancelled, metadata) values
  (id(:n, 0), 0, id(:n, 7), variant(:v), 'B00001-S', 'Enamel Mug no. 1', 'S', 'bench-mug-1', filler(46), 1, 14900,
     14900, 0, 2980, 2500, 14900, 0, 0, 0, 0, '{}'),
  (id(:n, 0), 1, id(:n, 8), variant(:w), 'B00002-M', 'Oak Lamp no. 2', 'M', 'bench-lamp-2', filler(46), 1, 1900,
     1900, 0, 380, 2500, 1900, 0, 0, 0, 0, '{}');
insert into hanse_order.order_payments (order_id, attempt, payment_id, opened_at) values (id(:n, 0), 1, id(:n, 10), now());
insert into hanse_order.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 20), :n::bigint % 16, 'order.OrderPlaced.v1', 'ord_' || id(:n, 0), 1, filler(824), now(), now());
update hanse_order.outbox set published_at = now() where seq = (select currval('hanse_order.outbox_seq_seq'));

-- Reserved.
insert into hanse_inventory.inbox (consumer, source, id, received_at) values
  ('inventory.reserve_on_order', '/services/order', id(:n, 20), now());
update hanse_inventory.stock_level set available = available - 1, reserved = reserved + 1 where variant_id = variant(:v);
update hanse_inventory.stock_level set available = available - 1, reserved = reserved + 1 where variant_id = variant(:w);
update hanse_inventory.variant_stock set level_version = level_version + 1, updated_at = now() where variant_id = variant(:v);
update hanse_inventory.variant_stock set level_version = level_version + 1, updated_at = now() where variant_id = variant(:w);
insert into hanse_inventory.reservation (order_id, state, expires_at, short, events, created_at, updated_at)
  values (id(:n, 0), 'held', now() + interval '15 minutes', '[]', 1, now(), now());
insert into hanse_inventory.reservation_part
    (order_id, variant_id, place, kind, location_id, quantity, unsold, shipped, returned) values
  (id(:n, 0), variant(:v), 0, 'shelf', '01930000-0000-7000-8000-000000000001', 1, 0, 0, 0),
  (id(:n, 0), variant(:w), 1, 'shelf', '01930000-0000-7000-8000-000000000001', 1, 0, 0, 0);
insert into hanse_inventory.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 21), :n::bigint % 16, 'inventory.InventoryUpdated.v1', 'ord_' || id(:n, 0), 1, filler(724), now(), now());
update hanse_inventory.outbox set published_at = now() where seq = (select currval('hanse_inventory.outbox_seq_seq'));
insert into hanse_product.inbox (consumer, source, id, received_at) values
  ('product.known_levels', '/services/inventory', id(:n, 21), now()),
  ('product.known_levels', '/services/inventory', id(:n, 26), now());
update hanse_product.known_level set available = available - 1, level_version = level_version + 1 where variant_id = variant(:v);
update hanse_product.known_level set available = available - 1, level_version = level_version + 1 where variant_id = variant(:w);
insert into hanse_pricing.inbox (consumer, source, id, received_at) values
  ('pricing.keep', '/services/order', id(:n, 20), now()),
  ('pricing.redeem', '/services/order', id(:n, 29), now());
insert into hanse_order.inbox (consumer, source, id, received_at) values
  ('order.stock', '/services/inventory', id(:n, 21), now());
update hanse_order.orders set state = 'awaiting_authorization', version = version + 1, notes = notes + 1, entered_at = now(),
  due_at = now() + interval '90 seconds', changed_at = now() where id = id(:n, 0) and state <> 'awaiting_authorization';
insert into hanse_order.order_history (order_id, seq, at, event)
  select id, notes, now(), state from hanse_order.orders where id = id(:n, 0);
insert into hanse_order.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 22), :n::bigint % 16, 'payment.Authorize.v1', 'ord_' || id(:n, 0), null, filler(459), now(), now());
update hanse_order.outbox set published_at = now() where seq = (select currval('hanse_order.outbox_seq_seq'));

-- Authorised: the intent, the provider's own books, the ledger.
insert into hanse_payment.inbox (consumer, source, id, received_at) values
  ('payment.activate', '/services/order', id(:n, 20), now()),
  ('payment.authorize', '/services/order', id(:n, 22), now()),
  ('payment.capture', '/services/order', id(:n, 27), now());
update hanse_payment.payment set version = version + 1, updated_at = now(), active = true where id = id(:n, 10);
update hanse_payment.payment set version = version + 1, updated_at = now(), state = 'authorizing' where id = id(:n, 10);
insert into hanse_payment.intent (id, payment_id, place, kind, amount, phase, attempts, next_at, created_at)
  values (id(:n, 23), id(:n, 10), 0, 'authorize', 16800, 'flying', 1, now(), now());
insert into hanse_payment.test_charge (key, state, amount, captured, refunded, calls, first_lost, created_at)
  values (id(:n, 23), 'authorized', 16800, 0, 0, 1, false, now());
update hanse_payment.intent set phase = 'done' where id = id(:n, 23);
update hanse_payment.payment set version = version + 1, updated_at = now(), state = 'authorized', authorized = 16800, token = null, events = 1 where id = id(:n, 10);
insert into hanse_payment.ledger_entry (transaction_id, place, payment_id, what, account, amount, currency, created_at) values
  (id(:n, 24), 0, id(:n, 10), 'authorized', 'authorized', 16800, 'EUR', now()),
  (id(:n, 24), 1, id(:n, 10), 'authorized', 'promised', -16800, 'EUR', now());
insert into hanse_payment.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 25), :n::bigint % 16, 'payment.PaymentProcessed.v1', 'pay_' || id(:n, 0), 1, filler(658), now(), now());
update hanse_payment.outbox set published_at = now() where seq = (select currval('hanse_payment.outbox_seq_seq'));

-- Sold.
insert into hanse_inventory.inbox (consumer, source, id, received_at) values
  ('inventory.commit_on_payment', '/services/payment', id(:n, 25), now());
update hanse_inventory.stock_level set reserved = reserved - 1, sold = sold + 1 where variant_id = variant(:v);
update hanse_inventory.stock_level set reserved = reserved - 1, sold = sold + 1 where variant_id = variant(:w);
update hanse_inventory.variant_stock set updated_at = now() where variant_id = variant(:v);
update hanse_inventory.variant_stock set updated_at = now() where variant_id = variant(:w);
update hanse_inventory.reservation set state = 'sold', events = 2, updated_at = now() where order_id = id(:n, 0);
insert into hanse_inventory.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 26), :n::bigint % 16, 'inventory.InventoryUpdated.v1', 'ord_' || id(:n, 0), 2, filler(520), now(), now());
update hanse_inventory.outbox set published_at = now() where seq = (select currval('hanse_inventory.outbox_seq_seq'));
insert into hanse_order.inbox (consumer, source, id, received_at) values
  ('order.payment', '/services/payment', id(:n, 25), now()),
  ('order.stock', '/services/inventory', id(:n, 26), now());
update hanse_order.orders set state = 'awaiting_commit', authorized = 16800, phase = 'authorized', version = version + 1, notes = notes + 1, entered_at = now(),
  due_at = null, changed_at = now() where id = id(:n, 0) and state <> 'awaiting_commit';
insert into hanse_order.order_history (order_id, seq, at, event)
  select id, notes, now(), state from hanse_order.orders where id = id(:n, 0);
update hanse_order.orders set state = 'awaiting_capture', committed = true, capture_asked = 16800, version = version + 1, notes = notes + 1, entered_at = now(),
  due_at = null, changed_at = now() where id = id(:n, 0) and state <> 'awaiting_capture';
insert into hanse_order.order_history (order_id, seq, at, event)
  select id, notes, now(), state from hanse_order.orders where id = id(:n, 0);
insert into hanse_order.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 27), :n::bigint % 16, 'payment.Capture.v1', 'ord_' || id(:n, 0), null, filler(553), now(), now());
update hanse_order.outbox set published_at = now() where seq = (select currval('hanse_order.outbox_seq_seq'));

-- Captured.
update hanse_payment.payment set version = version + 1, updated_at = now() where id = id(:n, 10);
insert into hanse_payment.intent (id, payment_id, place, kind, amount, asked, phase, attempts, next_at, created_at)
  values (id(:n, 28), id(:n, 10), 1, 'capture', 16800, id(:n, 10), 'flying', 1, now(), now());
update hanse_payment.test_charge set captured = 16800 where key = id(:n, 23);
insert into hanse_payment.test_movement (key, charge_key, kind, amount, approved, created_at)
  values (id(:n, 28), id(:n, 23), 'capture', 16800, true, now());
update hanse_payment.intent set phase = 'done' where id = id(:n, 28);
update hanse_payment.payment set version = version + 1, updated_at = now(), state = 'captured', captured = 16800, events = 2 where id = id(:n, 10);
update hanse_payment.payment set version = version + 1, updated_at = now() where id = id(:n, 10);
insert into hanse_payment.ledger_entry (transaction_id, place, payment_id, what, account, amount, currency, created_at) values
  (id(:n, 30), 0, id(:n, 10), 'captured', 'promised', 16800, 'EUR', now()),
  (id(:n, 30), 1, id(:n, 10), 'captured', 'authorized', -16800, 'EUR', now()),
  (id(:n, 30), 2, id(:n, 10), 'captured', 'provider_clearing', 16800, 'EUR', now()),
  (id(:n, 30), 3, id(:n, 10), 'captured', 'sales', -16800, 'EUR', now());
insert into hanse_payment.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 31), :n::bigint % 16, 'payment.PaymentProcessed.v1', 'pay_' || id(:n, 0), 2, filler(695), now(), now());
update hanse_payment.outbox set published_at = now() where seq = (select currval('hanse_payment.outbox_seq_seq'));
insert into hanse_order.inbox (consumer, source, id, received_at) values
  ('order.payment', '/services/payment', id(:n, 31), now());
update hanse_order.orders set state = 'confirmed', status = 'confirmed', captured = 16800, phase = 'captured', confirmed_at = now(), version = version + 1, notes = notes + 1, entered_at = now(),
  due_at = null, changed_at = now() where id = id(:n, 0) and state <> 'confirmed';
insert into hanse_order.order_history (order_id, seq, at, event)
  select id, notes, now(), state from hanse_order.orders where id = id(:n, 0);
insert into hanse_order.outbox (id, part, type, subject, aggver, payload, created_at, not_before)
  values (id(:n, 29), :n::bigint % 16, 'order.OrderConfirmed.v1', 'ord_' || id(:n, 0), 2, filler(885), now(), now());
update hanse_order.outbox set published_at = now() where seq = (select currval('hanse_order.outbox_seq_seq'));
update hanse_order.http_idempotency set status = 201, headers = filler(107), body = filler(2483)
  where scope = 'POST /api/store/checkout anonymous' and key = 'bench-' || :n::bigint;

-- What follows of it: the cart is emptied, the mail written, the day's sales counted.
insert into hanse_cart.inbox (consumer, source, id, received_at) values
  ('cart.order_confirmed', '/services/order', id(:n, 29), now());
insert into hanse_cart.cart_orders_to_take_out (order_id, cart_id, body, noted_at) values (id(:n, 0), cart(:n), filler(200), now());
insert into hanse_cart.cart_applied_orders (order_id, cart_id, applied_to, applied_at) values (id(:n, 0), cart(:n), cart(:n), now());
delete from hanse_cart.cart_orders_to_take_out where order_id = id(:n, 0);
delete from hanse_cart.cart_lines where cart_id = cart(:n);
update hanse_cart.carts set version = version + 1, updated_at = now() where id = cart(:n);
update hanse_cart.carts set version = version + 1, updated_at = now() where id = cart(:n);
insert into hanse_notification.inbox (consumer, source, id, received_at) values
  ('notification.confirmed', '/services/order', id(:n, 29), now());
insert into hanse_notification.intent (id, kind, about, order_id, facts, state, attempts, next_at, created_at)
  values (id(:n, 32), 'order_confirmed', 'ord_' || id(:n, 0), id(:n, 0), '{}', 'waiting', 0, now(), now());
update hanse_notification.intent set attempts = 1, next_at = now() + interval '1 minute' where id = id(:n, 32);
insert into hanse_notification.mail (id, kind, recipient, subject, body_text, body_html, order_id, created_at)
  values (id(:n, 32), 'order_confirmed', 'ana@example.org', 'Your order is confirmed', filler(427), filler(2368), id(:n, 0), now());
update hanse_notification.intent set state = 'sent', ended_at = now() where id = id(:n, 32);
insert into hanse_analytics.inbox (consumer, source, id, received_at) values
  ('analytics.placed', '/services/order', id(:n, 20), now()),
  ('analytics.confirmed', '/services/order', id(:n, 29), now());
insert into hanse_analytics.sale (order_id, placed, confirmed, cancelled, refunded, units, changed_at)
  values (id(:n, 0), 0, 0, 0, 0, 0, now());
update hanse_analytics.sale set day = '2026-01-01', currency = 'EUR', total = 16800 where order_id = id(:n, 0);
update hanse_analytics.sale set placed = 1, changed_at = now() where order_id = id(:n, 0);
update hanse_analytics.sale set confirmed = 1, changed_at = now() where order_id = id(:n, 0);
update hanse_analytics.sale set units = 2 where order_id = id(:n, 0);
insert into hanse_analytics.sale_line (order_id, variant_id, quantity) values
  (id(:n, 0), variant(:v), 1),
  (id(:n, 0), variant(:w), 1);
commit;
\endpipeline
