//! Inventory's store, its message handlers and its part of the audit.

mod examine;
mod handlers;
mod ids;
mod ledger;
mod places;
mod reservations;
mod stocks;

pub use examine::Examination;
pub use handlers::{SENDS, consumers};
pub use ledger::{KeyTable, LedgerTable};
pub use places::LocationTable;
pub use reservations::ReservationTables;
pub use stocks::StockTables;

hanse_database::migrations!("inventory");
