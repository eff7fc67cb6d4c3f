-- The key of each person that this service holds something about, wrapped by the shop's master key. Whoever is erased loses
-- it: nothing that was sealed with it is read again, wherever copies of it are.
create table person_key (
  -- A person, or the cart or order that a guest's data hangs on. The nil id: the service itself. The greatest id: its blind
  -- indexes.
  subject blob primary key,
  wrapped blob not null,
  -- Which master key has wrapped it: a digest of that.
  master text not null,
  made_at integer not null
) without rowid;
create index person_key_master on person_key (master);

-- Tables that had rows from before their columns were sealed, and have none any more.
create table sealed_table (
  -- With its columns: another column makes it another one.
  name text primary key,
  -- Since when nothing is found that is not sealed.
  since integer not null,
  -- Looked through twice, a day apart: nobody writes such rows any more.
  done integer not null
) without rowid;
