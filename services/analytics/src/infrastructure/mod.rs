//! Analytics' tables, message handlers and part of the audit.

mod examine;
mod handlers;
mod personal;
mod sales;

pub use examine::Examination;
pub use handlers::consumers;
pub use personal::OwnFigures;
pub use sales::SqlSales;

hanse_database::migrations!("analytics");
