//! The rules of stock: what may be promised, how goods move, and what a reservation becomes. Pure.

pub mod adjustment;
pub mod ask;
pub mod lines;
pub mod location;
pub mod part;
pub mod reservation;
pub mod stock;

pub use adjustment::{Adjustment, Change, Origin, Reason};
pub use ask::{Ask, Book, Told, Wish};
pub use lines::{Lines, LinesError};
pub use location::Location;
pub use part::{Kind, Part};
pub use reservation::{Answer, NotYet, Outcome, Reservation, State};
pub use stock::{AdjustError, Policy, Recount, Shelf, Shown, Stock, Stocks};
