//! The order's tables, message handlers, loops, and the ways to its neighbours.

mod claims;
mod columns;
mod examine;
mod handlers;
mod neighbours;
mod orders;
mod parts;
mod rows;
#[cfg(test)]
mod tests;
mod views;
mod workers;

pub use claims::HttpClaims;
pub use examine::Examination;
pub use handlers::{SENDS, consumers};
pub use neighbours::Neighbours;
pub use orders::OrderTables;
pub use parts::PartTables;
pub use views::ViewTables;
pub use workers::{end_streams, timers, watch_sagas};

hanse_database::migrations!("order");
