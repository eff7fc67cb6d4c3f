-- Pictures that merchants uploaded, by what is in them. `widths` are the sizes that each was made in, in pixels, with spaces between; the
-- files are named by digest and width. `unused_since`: no image shows it. `going`: its files are being removed.
create table upload (
  digest text collate "C" primary key,
  ending text not null,
  width bigint not null,
  height bigint not null,
  widths text not null,
  going boolean not null,
  unused_since timestamptz,
  created_at timestamptz not null,
  constraint upload_ending check (ending in ('jpg', 'webp')),
  constraint upload_size check (width > 0 and height > 0)
);
create index upload_unused on upload (unused_since) where unused_since is not null;

-- The files themselves, where no other store of files is used.
create table image_file (
  name text collate "C" primary key,
  content_type text not null,
  bytes bytea not null,
  created_at timestamptz not null
);

-- What an image shows, if it was uploaded: as long as it does, the upload cannot go.
alter table image add column upload text collate "C" references upload (digest);
create index image_upload on image (upload) where upload is not null;
