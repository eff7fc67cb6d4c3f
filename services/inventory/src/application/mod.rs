//! What inventory does: one use case per file, over ports that infrastructure fills.

pub mod adjust;
pub mod desk;
pub mod error;
pub mod expire_holds;
pub mod get_levels;
pub mod know_product;
pub mod lists;
pub mod locations;
pub mod ports;
pub mod renew_hold;
pub mod restock;
pub mod serve_orders;
pub mod set_stock;
pub mod ship;

pub use desk::Desk;
pub use error::StockError;
