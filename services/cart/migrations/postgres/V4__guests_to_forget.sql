-- Carts of guests that are still to be destroyed where carts are kept outside of this database.
create table cart_guests_to_forget (
  cart_id bytea not null primary key
);
