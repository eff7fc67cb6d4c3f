-- The catalogue. Texts stand in catalogue_text, one row per entity, locale and field; `owner` is the product (for its
-- variants and images too), the category or the collection, so that one range read brings all texts of one aggregate.
create table catalogue_text (
  owner blob not null,
  entity blob not null,
  locale text not null,
  field text not null,
  value text not null,
  primary key (owner, entity, locale, field)
) without rowid;

-- Every slug that names or once named something. One that is no longer current redirects.
create table slug (
  kind text not null,
  locale text not null,
  slug text not null,
  entity blob not null,
  is_current integer not null,
  primary key (kind, locale, slug),
  constraint slug_kind check (kind in ('product', 'category', 'collection'))
) without rowid;
create index slug_entity on slug (entity);
create unique index slug_current on slug (entity, locale) where is_current;

create table category (
  id blob primary key,
  parent_id blob references category (id),
  path text not null,
  position integer not null,
  version integer not null,
  created_at integer not null,
  constraint category_path unique (path),
  constraint category_not_own_parent check (parent_id is null or parent_id <> id)
);
create index category_parent on category (parent_id);

create table collection (
  id blob primary key,
  version integer not null,
  created_at integer not null
);
create table collection_product (
  collection_id blob not null references collection (id) on delete cascade,
  product_id blob not null,
  position integer not null,
  primary key (collection_id, product_id)
) without rowid;
create index collection_product_product on collection_product (product_id);

create table product (
  id blob primary key,
  version integer not null,
  events integer not null,
  status text not null,
  vendor text,
  kind text,
  tags text not null,
  category_id blob references category (id),
  option_count integer not null,
  metadata text not null,
  created_at integer not null,
  updated_at integer not null,
  published_at integer,
  constraint product_status check (status in ('draft', 'published', 'deleted')),
  constraint product_options check (option_count between 0 and 3),
  constraint product_published check (status <> 'published' or published_at is not null)
);
create index product_newest on product (created_at, id) where status <> 'deleted';
create index product_category on product (category_id) where category_id is not null;

create table product_channel (
  product_id blob not null references product (id),
  channel text not null,
  primary key (product_id, channel)
) without rowid;

create table variant (
  id blob primary key,
  product_id blob not null references product (id),
  position integer not null,
  sku text not null,
  barcode text,
  weight_grams integer,
  tax_class text not null,
  requires_shipping integer not null,
  image_id blob,
  constraint variant_sku unique (sku),
  constraint variant_weight check (weight_grams is null or weight_grams >= 0),
  constraint variant_tax_class check (tax_class in ('standard', 'reduced', 'zero'))
);
create index variant_product on variant (product_id, position);

-- `src` is the address as it was given; `media` names the stored picture, when there is one.
create table image (
  id blob primary key,
  product_id blob not null references product (id),
  position integer not null,
  src text not null,
  media text,
  width integer,
  height integer
);
create index image_product on image (product_id, position);

create table media (
  name text primary key,
  content_type text not null,
  bytes blob not null,
  width integer,
  height integer,
  created_at integer not null
);

-- What pricing and inventory have told, the highest version of each.
create table known_price (
  variant_id blob not null,
  channel text not null,
  currency text not null,
  amount integer not null,
  compare_at integer,
  price_version integer not null,
  primary key (variant_id, channel, currency)
) without rowid;

create table known_level (
  variant_id blob primary key,
  available integer not null,
  policy text not null,
  level_version integer not null,
  constraint known_level_policy check (policy in ('deny', 'continue', 'untracked'))
) without rowid;

-- Read models: the parts of a product's page that do not move (JSON, opaque to SQL), per language.
create table page (
  product_id blob not null references product (id),
  locale text not null,
  slug text not null,
  title text not null,
  head text not null,
  tail text not null,
  terms text not null,
  primary key (product_id, locale)
);

create table variant_label (
  variant_id blob not null,
  locale text not null,
  product_id blob not null,
  position integer not null,
  title text not null,
  image_url text not null,
  part text not null,
  primary key (variant_id, locale)
);
create index variant_label_product on variant_label (product_id, locale, position);

-- One row per product and shop window (channel, currency, language); what moves stands in columns.
create table listing (
  id integer primary key,
  product_id blob not null references product (id),
  channel text not null,
  currency text not null,
  locale text not null,
  card text not null,
  title_key text not null,
  scopes text not null,
  price_min integer,
  price_max integer,
  compare_at integer,
  availability text not null,
  constraint listing_window unique (product_id, channel, currency, locale),
  constraint listing_availability check (availability in ('in_stock', 'low_stock', 'out_of_stock', 'backorder', 'unknown')),
  constraint listing_prices check ((price_min is null) = (price_max is null))
);

-- Where shoppers find it: a shelf is a window with a scope (everything, a category with all below it, a collection).
-- Only what is published and has a price stands on a shelf.
create table listing_place (
  shelf text not null,
  product_id blob not null,
  listing_id integer not null references listing (id) on delete cascade,
  newest integer not null,
  price integer not null,
  title text not null,
  primary key (shelf, product_id)
) without rowid;
create index listing_place_listing on listing_place (listing_id);
create index listing_place_newest on listing_place (shelf, newest, listing_id);
create index listing_place_price on listing_place (shelf, price, listing_id);
create index listing_place_title on listing_place (shelf, title, listing_id);

-- The inverted index of the search: folded words of a product's texts, with the weight of the best place they stand in.
create table search_term (
  locale text not null,
  term text not null,
  product_id blob not null,
  weight integer not null,
  primary key (locale, term, product_id)
) without rowid;

-- Products whose read models are to be written anew, because something beside them changed.
create table relist_due (
  product_id blob primary key,
  since integer not null
) without rowid;

create table catalogue_state (
  name text primary key,
  value text not null
) without rowid;

-- Products that were handed to pricing and inventory and wait for their answers. `key` is the commands' key.
create table intake (
  key text primary key,
  product_id blob not null,
  import_id blob,
  line integer,
  row_count integer not null,
  outcome text not null,
  variants_created integer not null,
  variants_updated integer not null,
  variants_unchanged integer not null,
  publish_in text,
  prices text not null,
  prices_reason text,
  stock text not null,
  stock_reason text,
  commands text not null,
  created_at integer not null,
  sent_at integer not null,
  sent_times integer not null,
  finished_at integer,
  constraint intake_outcome check (outcome in ('created', 'updated')),
  constraint intake_prices check (prices in ('none', 'pending', 'confirmed', 'refused')),
  constraint intake_stock check (stock in ('none', 'pending', 'confirmed', 'refused')),
  constraint intake_finished check ((finished_at is null) = (prices = 'pending' or stock = 'pending'))
) without rowid;
create index intake_product on intake (product_id, created_at);
create index intake_import on intake (import_id, key) where import_id is not null;
create index intake_waiting on intake (import_id) where finished_at is null;
create index intake_refused on intake (import_id) where prices = 'refused' or stock = 'refused';
create index intake_pending on intake (sent_at, key) where finished_at is null;

create table import_run (
  id blob primary key,
  status text not null,
  channel text not null,
  locale text not null,
  correlation text not null,
  currency text not null,
  format text not null,
  dry_run integer not null,
  file_name text,
  file_bytes integer not null,
  rows_total integer not null,
  rows_read integer not null,
  counts text not null,
  created_at integer not null,
  finished_at integer,
  worker blob,
  lease_until integer not null,
  constraint import_run_status check (status in ('uploading', 'queued', 'running', 'done', 'failed')),
  constraint import_run_finished check ((finished_at is not null) = (status in ('done', 'failed')))
);
create index import_run_newest on import_run (created_at, id);

create table import_chunk (
  import_id blob not null references import_run (id) on delete cascade,
  n integer not null,
  bytes blob not null,
  primary key (import_id, n)
);

create table import_problem (
  import_id blob not null references import_run (id) on delete cascade,
  n integer not null,
  line integer not null,
  column_name text,
  value text,
  code text not null,
  hint text not null,
  severity text not null,
  primary key (import_id, n),
  constraint import_problem_severity check (severity in ('error', 'warning'))
) without rowid;

-- What each product of a merchant's file said when it was last taken in: the same again changes nothing.
create table import_origin (
  row_key text primary key,
  product_id blob not null,
  fingerprint text not null,
  levels text not null
) without rowid;
create index import_origin_product on import_origin (product_id);
