-- Headers and body hold sealed texts from now on. Of guests' answers a digest of the id that the answer shows, such as that of a
-- cart, which nobody guesses: what they are found by when they have to go.
alter table http_idempotency add column about text;
create index http_idempotency_about on http_idempotency (about);
