-- The catalogue. Texts stand in catalogue_text, one row per entity, locale and field; `owner` is the product (for its
-- variants and images too), the category or the collection, so that one range read brings all texts of one aggregate.
create table catalogue_text (
  owner uuid not null,
  entity uuid not null,
  locale text collate "C" not null,
  field text collate "C" not null,
  value text not null,
  primary key (owner, entity, locale, field)
);

-- Every slug that names or once named something. One that is no longer current redirects.
create table slug (
  kind text collate "C" not null,
  locale text collate "C" not null,
  slug text collate "C" not null,
  entity uuid not null,
  is_current boolean not null,
  primary key (kind, locale, slug),
  constraint slug_kind check (kind in ('product', 'category', 'collection'))
);
create index slug_entity on slug (entity);
create unique index slug_current on slug (entity, locale) where is_current;

create table category (
  id uuid primary key,
  parent_id uuid references category (id),
  path text collate "C" not null,
  position bigint not null,
  version bigint not null,
  created_at timestamptz not null,
  constraint category_path unique (path),
  constraint category_not_own_parent check (parent_id is null or parent_id <> id)
);
create index category_parent on category (parent_id);

create table collection (
  id uuid primary key,
  version bigint not null,
  created_at timestamptz not null
);
create table collection_product (
  collection_id uuid not null references collection (id) on delete cascade,
  product_id uuid not null,
  position bigint not null,
  primary key (collection_id, product_id)
);
create index collection_product_product on collection_product (product_id);

create table product (
  id uuid primary key,
  version bigint not null,
  events bigint not null,
  status text not null,
  vendor text,
  kind text collate "C",
  tags text not null,
  category_id uuid references category (id),
  option_count bigint not null,
  metadata text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  published_at timestamptz,
  constraint product_status check (status in ('draft', 'published', 'deleted')),
  constraint product_options check (option_count between 0 and 3),
  constraint product_published check (status <> 'published' or published_at is not null)
);
create index product_newest on product (created_at, id) where status <> 'deleted';
create index product_category on product (category_id) where category_id is not null;

create table product_channel (
  product_id uuid not null references product (id),
  channel text collate "C" not null,
  primary key (product_id, channel)
);

create table variant (
  id uuid primary key,
  product_id uuid not null references product (id),
  position bigint not null,
  sku text collate "C" not null,
  barcode text,
  weight_grams bigint,
  tax_class text not null,
  requires_shipping boolean not null,
  image_id uuid,
  constraint variant_sku unique (sku),
  constraint variant_weight check (weight_grams is null or weight_grams >= 0),
  constraint variant_tax_class check (tax_class in ('standard', 'reduced', 'zero'))
);
create index variant_product on variant (product_id, position);

-- `src` is the address as it was given; `media` names the stored picture, when there is one.
create table image (
  id uuid primary key,
  product_id uuid not null references product (id),
  position bigint not null,
  src text not null,
  media text,
  width bigint,
  height bigint
);
create index image_product on image (product_id, position);

create table media (
  name text collate "C" primary key,
  content_type text not null,
  bytes bytea not null,
  width bigint,
  height bigint,
  created_at timestamptz not null
);

-- What pricing and inventory have told, the highest version of each.
create table known_price (
  variant_id uuid not null,
  channel text collate "C" not null,
  currency text collate "C" not null,
  amount bigint not null,
  compare_at bigint,
  price_version bigint not null,
  primary key (variant_id, channel, currency)
);

create table known_level (
  variant_id uuid primary key,
  available bigint not null,
  policy text not null,
  level_version bigint not null,
  constraint known_level_policy check (policy in ('deny', 'continue', 'untracked'))
);

-- Read models: the parts of a product's page that do not move (JSON, opaque to SQL), per language.
create table page (
  product_id uuid not null references product (id),
  locale text collate "C" not null,
  slug text collate "C" not null,
  title text collate "C" not null,
  head text not null,
  tail text not null,
  terms text not null,
  primary key (product_id, locale)
);

create table variant_label (
  variant_id uuid not null,
  locale text collate "C" not null,
  product_id uuid not null,
  position bigint not null,
  title text collate "C" not null,
  image_url text not null,
  part text not null,
  primary key (variant_id, locale)
);
create index variant_label_product on variant_label (product_id, locale, position);

-- One row per product and shop window (channel, currency, language); what moves stands in columns.
create table listing (
  id bigint generated always as identity primary key,
  product_id uuid not null references product (id),
  channel text collate "C" not null,
  currency text collate "C" not null,
  locale text collate "C" not null,
  card text not null,
  title_key text collate "C" not null,
  scopes text not null,
  price_min bigint,
  price_max bigint,
  compare_at bigint,
  availability text not null,
  constraint listing_window unique (product_id, channel, currency, locale),
  constraint listing_availability check (availability in ('in_stock', 'low_stock', 'out_of_stock', 'backorder', 'unknown')),
  constraint listing_prices check ((price_min is null) = (price_max is null))
);

-- Where shoppers find it: a shelf is a window with a scope (everything, a category with all below it, a collection).
-- Only what is published and has a price stands on a shelf.
create table listing_place (
  shelf text collate "C" not null,
  product_id uuid not null,
  listing_id bigint not null references listing (id) on delete cascade,
  newest bigint not null,
  price bigint not null,
  title text collate "C" not null,
  primary key (shelf, product_id)
);
create index listing_place_listing on listing_place (listing_id);
create index listing_place_newest on listing_place (shelf, newest, listing_id);
create index listing_place_price on listing_place (shelf, price, listing_id);
create index listing_place_title on listing_place (shelf, title, listing_id);

-- The inverted index of the search: folded words of a product's texts, with the weight of the best place they stand in.
create table search_term (
  locale text collate "C" not null,
  term text collate "C" not null,
  product_id uuid not null,
  weight bigint not null,
  primary key (locale, term, product_id)
);

-- Products whose read models are to be written anew, because something beside them changed.
create table relist_due (
  product_id uuid primary key,
  since timestamptz not null
);

create table catalogue_state (
  name text collate "C" primary key,
  value text not null
);

-- Products that were handed to pricing and inventory and wait for their answers. `key` is the commands' key.
create table intake (
  key text collate "C" primary key,
  product_id uuid not null,
  import_id uuid,
  line bigint,
  row_count bigint not null,
  outcome text not null,
  variants_created bigint not null,
  variants_updated bigint not null,
  variants_unchanged bigint not null,
  publish_in text,
  prices text not null,
  prices_reason text,
  stock text not null,
  stock_reason text,
  commands text not null,
  created_at timestamptz not null,
  sent_at timestamptz not null,
  sent_times bigint not null,
  finished_at timestamptz,
  constraint intake_outcome check (outcome in ('created', 'updated')),
  constraint intake_prices check (prices in ('none', 'pending', 'confirmed', 'refused')),
  constraint intake_stock check (stock in ('none', 'pending', 'confirmed', 'refused')),
  constraint intake_finished check ((finished_at is null) = (prices = 'pending' or stock = 'pending'))
);
create index intake_product on intake (product_id, created_at);
create index intake_import on intake (import_id, key) where import_id is not null;
create index intake_waiting on intake (import_id) where finished_at is null;
create index intake_refused on intake (import_id) where prices = 'refused' or stock = 'refused';
create index intake_pending on intake (sent_at, key) where finished_at is null;

create table import_run (
  id uuid primary key,
  status text not null,
  channel text collate "C" not null,
  locale text collate "C" not null,
  correlation text not null,
  currency text collate "C" not null,
  format text not null,
  dry_run boolean not null,
  file_name text,
  file_bytes bigint not null,
  rows_total bigint not null,
  rows_read bigint not null,
  counts text not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  worker uuid,
  lease_until timestamptz not null,
  constraint import_run_status check (status in ('uploading', 'queued', 'running', 'done', 'failed')),
  constraint import_run_finished check ((finished_at is not null) = (status in ('done', 'failed')))
);
create index import_run_newest on import_run (created_at, id);

create table import_chunk (
  import_id uuid not null references import_run (id) on delete cascade,
  n bigint not null,
  bytes bytea not null,
  primary key (import_id, n)
);

create table import_problem (
  import_id uuid not null references import_run (id) on delete cascade,
  n bigint not null,
  line bigint not null,
  column_name text,
  value text,
  code text not null,
  hint text not null,
  severity text not null,
  primary key (import_id, n),
  constraint import_problem_severity check (severity in ('error', 'warning'))
);

-- What each product of a merchant's file said when it was last taken in: the same again changes nothing.
create table import_origin (
  row_key text collate "C" primary key,
  product_id uuid not null,
  fingerprint text not null,
  levels text not null
);
create index import_origin_product on import_origin (product_id);
