//! What pricing can do, one use case per file, over the ports of [`ports`].

pub mod announce;
pub mod catalogue_changed;
pub mod discounts;
pub mod due_prices;
pub mod error;
pub mod follow_order;
pub mod hold_discount;
pub mod lapse_holds;
pub mod list_prices;
pub mod ports;
pub mod quote;
pub mod set_prices;
pub mod settings;
mod written;

pub use error::PricingError;
