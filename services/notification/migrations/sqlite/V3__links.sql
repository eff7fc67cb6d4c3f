-- The link that a mail is to carry. What opens it is asked for when the mail is written.
alter table intent add column link_id blob;
