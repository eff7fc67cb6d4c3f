//! Analytics' tables, message handlers, way to the others' audit logs, and part of the audit.

mod examine;
mod handlers;
mod logs;
mod personal;
mod sales;

pub use examine::Examination;
pub use handlers::consumers;
pub use logs::AskedLogs;
pub use personal::OwnFigures;
pub use sales::SqlSales;

hanse_database::migrations!("analytics");
