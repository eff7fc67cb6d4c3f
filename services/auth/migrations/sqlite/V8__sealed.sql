-- `email`, `name` and the names of keys hold sealed texts from now on, `email_key` a digest of the address that only the
-- service can make. Rows from before are sealed while the service works.

-- Written by a process that knows how to write it so, or there before. On PostgreSQL it has to be said at every insert, which those of
-- before do not do: while they are replaced, none of them gives an address to a second account.
alter table accounts add column keyed integer not null default 1;
