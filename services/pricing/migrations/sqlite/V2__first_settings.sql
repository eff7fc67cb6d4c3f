-- What a fresh shop starts with; staff edit all of it.
--
-- VAT: standard rate and the main reduced rate, as in force in 2026. Sources: European Commission, Taxes in Europe
-- Database (TEDB) and "VAT rules and rates" of Your Europe for the EU; HMRC (GB), ESTV (CH, LI), Skatteetaten (NO),
-- Skatturinn (IS), impots.gouv.fr (MC, which applies French VAT). Recent changes that are in: EE 24 % and RO 21/11 %
-- (2025), SK 23/19 % (2025), FI 13.5 % and LT 12 % reduced (2026). Denmark has no reduced rate. Where a country has
-- several reduced rates, this is the one for most reduced goods; a shop that sells others sets its own.
insert into tax_rates (country, class, rate_bp) values
  ('AT', 'standard', 2000), ('AT', 'reduced', 1000), ('AT', 'zero', 0),
  ('BE', 'standard', 2100), ('BE', 'reduced', 600), ('BE', 'zero', 0),
  ('BG', 'standard', 2000), ('BG', 'reduced', 900), ('BG', 'zero', 0),
  ('CY', 'standard', 1900), ('CY', 'reduced', 900), ('CY', 'zero', 0),
  ('CZ', 'standard', 2100), ('CZ', 'reduced', 1200), ('CZ', 'zero', 0),
  ('DE', 'standard', 1900), ('DE', 'reduced', 700), ('DE', 'zero', 0),
  ('DK', 'standard', 2500), ('DK', 'reduced', 2500), ('DK', 'zero', 0),
  ('EE', 'standard', 2400), ('EE', 'reduced', 900), ('EE', 'zero', 0),
  ('ES', 'standard', 2100), ('ES', 'reduced', 1000), ('ES', 'zero', 0),
  ('FI', 'standard', 2550), ('FI', 'reduced', 1350), ('FI', 'zero', 0),
  ('FR', 'standard', 2000), ('FR', 'reduced', 550), ('FR', 'zero', 0),
  ('GR', 'standard', 2400), ('GR', 'reduced', 1300), ('GR', 'zero', 0),
  ('HR', 'standard', 2500), ('HR', 'reduced', 1300), ('HR', 'zero', 0),
  ('HU', 'standard', 2700), ('HU', 'reduced', 500), ('HU', 'zero', 0),
  ('IE', 'standard', 2300), ('IE', 'reduced', 1350), ('IE', 'zero', 0),
  ('IT', 'standard', 2200), ('IT', 'reduced', 1000), ('IT', 'zero', 0),
  ('LT', 'standard', 2100), ('LT', 'reduced', 1200), ('LT', 'zero', 0),
  ('LU', 'standard', 1700), ('LU', 'reduced', 800), ('LU', 'zero', 0),
  ('LV', 'standard', 2100), ('LV', 'reduced', 1200), ('LV', 'zero', 0),
  ('MT', 'standard', 1800), ('MT', 'reduced', 700), ('MT', 'zero', 0),
  ('NL', 'standard', 2100), ('NL', 'reduced', 900), ('NL', 'zero', 0),
  ('PL', 'standard', 2300), ('PL', 'reduced', 800), ('PL', 'zero', 0),
  ('PT', 'standard', 2300), ('PT', 'reduced', 600), ('PT', 'zero', 0),
  ('RO', 'standard', 2100), ('RO', 'reduced', 1100), ('RO', 'zero', 0),
  ('SE', 'standard', 2500), ('SE', 'reduced', 1200), ('SE', 'zero', 0),
  ('SI', 'standard', 2200), ('SI', 'reduced', 950), ('SI', 'zero', 0),
  ('SK', 'standard', 2300), ('SK', 'reduced', 1900), ('SK', 'zero', 0),
  ('GB', 'standard', 2000), ('GB', 'reduced', 500), ('GB', 'zero', 0),
  ('CH', 'standard', 810), ('CH', 'reduced', 260), ('CH', 'zero', 0),
  ('NO', 'standard', 2500), ('NO', 'reduced', 1500), ('NO', 'zero', 0),
  ('IS', 'standard', 2400), ('IS', 'reduced', 1100), ('IS', 'zero', 0),
  ('LI', 'standard', 810), ('LI', 'reduced', 260), ('LI', 'zero', 0),
  ('MC', 'standard', 2000), ('MC', 'reduced', 550), ('MC', 'zero', 0);

insert into channels (id, currency, currencies, tax_included, home_country, locales, version) values
  ('default', 'EUR', '["EUR"]', 1, 'DE', '["en","de"]', 1);

insert into shipping_zones (id, name, position) values
  ('home', 'Germany', 1), ('eu', 'European Union', 2), ('europe', 'Rest of Europe', 3);

insert into shipping_zone_countries (country, zone_id) values
  ('DE', 'home'),
  ('AT', 'eu'), ('BE', 'eu'), ('BG', 'eu'), ('CY', 'eu'), ('CZ', 'eu'), ('DK', 'eu'), ('EE', 'eu'), ('ES', 'eu'),
  ('FI', 'eu'), ('FR', 'eu'), ('GR', 'eu'), ('HR', 'eu'), ('HU', 'eu'), ('IE', 'eu'), ('IT', 'eu'), ('LT', 'eu'),
  ('LU', 'eu'), ('LV', 'eu'), ('MT', 'eu'), ('NL', 'eu'), ('PL', 'eu'), ('PT', 'eu'), ('RO', 'eu'), ('SE', 'eu'),
  ('SI', 'eu'), ('SK', 'eu'), ('GB', 'europe'), ('CH', 'europe'), ('NO', 'europe'), ('IS', 'europe'), ('LI', 'europe'), ('MC', 'europe');

insert into shipping_methods (id, channel, zone_id, title, estimate, currency, free_from, position, active, version) values
  (x'0192a000000070008000000000000001', 'default', 'home', '{"de":"Standard","en":"Standard"}',
   '{"de":"1–3 Tage","en":"1–3 days"}', 'EUR', 5000, 1, 1, 1),
  (x'0192a000000070008000000000000002', 'default', 'home', '{"de":"Express","en":"Express"}',
   '{"de":"nächster Werktag","en":"next working day"}', 'EUR', null, 2, 1, 1),
  (x'0192a000000070008000000000000003', 'default', 'eu', '{"de":"Standard","en":"Standard"}',
   '{"de":"2–4 Tage","en":"2–4 days"}', 'EUR', 10000, 1, 1, 1),
  (x'0192a000000070008000000000000004', 'default', 'eu', '{"de":"Express","en":"Express"}',
   '{"de":"1–2 Tage","en":"1–2 days"}', 'EUR', null, 2, 1, 1),
  (x'0192a000000070008000000000000005', 'default', 'europe', '{"de":"Standard","en":"Standard"}',
   '{"de":"4–8 Tage","en":"4–8 days"}', 'EUR', 20000, 1, 1, 1),
  (x'0192a000000070008000000000000006', 'default', 'europe', '{"de":"Express","en":"Express"}',
   '{"de":"2–3 Tage","en":"2–3 days"}', 'EUR', null, 2, 1, 1);

insert into shipping_brackets (method_id, position, max_weight_grams, min_items, price) values
  (x'0192a000000070008000000000000001', 1, 10000, 0, 490),
  (x'0192a000000070008000000000000001', 2, 31500, 0, 990),
  (x'0192a000000070008000000000000001', 3, null, 0, 3990),
  (x'0192a000000070008000000000000002', 1, 31500, 0, 1290),
  (x'0192a000000070008000000000000003', 1, 10000, 0, 490),
  (x'0192a000000070008000000000000003', 2, 31500, 0, 1490),
  (x'0192a000000070008000000000000003', 3, null, 0, 5990),
  (x'0192a000000070008000000000000004', 1, 31500, 0, 1290),
  (x'0192a000000070008000000000000005', 1, 10000, 0, 1490),
  (x'0192a000000070008000000000000005', 2, 31500, 0, 2990),
  (x'0192a000000070008000000000000005', 3, null, 0, 8990),
  (x'0192a000000070008000000000000006', 1, 31500, 0, 2990);
