//! Where carts are kept, what messages do to them, and the ways to the neighbours.

mod address_row;
pub mod catalogue;
pub mod examine;
pub mod handlers;
pub mod personal;
pub mod pricing;
pub mod redis_carts;
pub mod rows;
pub mod sealed;
pub mod sql_carts;
pub mod stock;
#[cfg(test)]
mod store_contract;
pub mod workers;

hanse_database::migrations!("cart");
