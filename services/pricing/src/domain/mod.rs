//! The words and rules of pricing; pure. [`quote`] is the heart: named rules over a cart, each leaving its trace.

pub mod channel;
pub mod country;
pub mod discount;
pub mod hold;
pub mod price;
pub mod quote;
pub mod shipping;
pub mod tax;
pub mod wording;

pub use channel::Channel;
pub use country::Country;
pub use discount::{Benefit, Code, Discount};
pub use hold::{Hold, HoldState};
pub use price::{Price, PriceBook};
pub use quote::{Facts, Quote, quote};
pub use shipping::{Bracket, Method, Zone};
pub use tax::{TaxClass, TaxTable};
