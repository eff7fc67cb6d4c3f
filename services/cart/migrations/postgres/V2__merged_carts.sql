-- Checkout asks which carts were merged into one.
create index carts_merged on carts (merged_into) where merged_into is not null;
