//! The order's tables, message handlers, loops, and the ways to its neighbours.

mod claims;
mod columns;
mod examine;
mod forgotten;
mod handlers;
mod neighbours;
mod orders;
mod parts;
mod personal;
mod rows;
mod sealed;
#[cfg(test)]
mod tests;
mod views;
mod workers;

pub use claims::HttpClaims;
pub use examine::Examination;
pub use forgotten::ForgottenTables;
pub use handlers::{SENDS, consumers};
pub use neighbours::Neighbours;
pub use orders::OrderTables;
pub use parts::PartTables;
pub use personal::OwnOrders;
pub use sealed::rows as sealed_rows;
pub use views::ViewTables;
pub use workers::{end_streams, forget, timers, watch_sagas};

hanse_database::migrations!("order");
