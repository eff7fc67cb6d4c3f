//! The order itself: what was bought, for how much, by whom, and what has become of each line.

mod aggregate;
mod freeze;
mod line;
mod place;
mod shown;
mod totals;

pub use aggregate::{Changed, Order, OrderRefusal, RefundAsk, Restock, Shipment};
pub use freeze::{Address, Details, LineDetails, ShippingMethod};
pub use line::{Counts, Line, Piece};
pub use place::{FreezeError, Number, Placing, PlacingLine};
pub use shown::{FulfilmentStatus, PaymentStatus, Status};
pub use totals::{Explain, Totals};
