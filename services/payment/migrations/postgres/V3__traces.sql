-- Where in a trace it was set in motion last, so that what comes of a background answer continues that trace.
alter table payment add column traceparent text;
