-- The key of each person that this service holds something about, wrapped by the shop's master key. Whoever is erased loses
-- it: nothing that was sealed with it is read again, wherever copies of it are.
create table person_key (
  -- A person, or the cart or order that a guest's data hangs on. The nil id: the service itself. The greatest id: its blind
  -- indexes.
  subject uuid primary key,
  wrapped bytea not null,
  -- Which master key has wrapped it: a digest of that.
  master text collate "C" not null,
  made_at timestamptz not null
);
create index person_key_master on person_key (master);

-- Tables that had rows from before their columns were sealed, and have none any more.
create table sealed_table (
  -- With its columns: another column makes it another one.
  name text collate "C" primary key,
  -- Since when nothing is found that is not sealed.
  since timestamptz not null,
  -- Looked through twice, a day apart: nobody writes such rows any more.
  done boolean not null
);
