//! Payment's store, its message handlers, its providers and its part of the audit.

mod examine;
mod handlers;
mod intents;
mod orders;
mod payments;
mod personal;
mod providers;
mod vault;

pub use examine::Examination;
pub use handlers::{SENDS, consumers};
pub use orders::OrdersLink;
pub use payments::PaymentTables;
pub use personal::OwnPayments;
pub use providers::{SIGNATURE, TestProvider, WebhookKey};
pub use vault::SealedVault;

hanse_database::migrations!("payment");
