-- Of the message that a mail is sent for: the mail belongs to the same request and continues its trace.
alter table intent add column correlation text;
alter table intent add column traceparent text;
