-- A digest of the address that a mail went to, which is sealed; null until it is.
alter table mail add column recipient_index text;
create index mail_recipient on mail (recipient_index) where user_id is null;
create index mail_order on mail (order_id) where user_id is null;
