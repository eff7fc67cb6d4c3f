//! What runs a service: the [`Module`] that each service is, the [`Host`] that it is given, workers that stop in good
//! order, and the real timers and spawner.

mod examine;
mod host;
pub mod jobs;
mod ledger;
mod module;
mod personal;
mod remains;
pub mod sealing;
mod tables;
mod tasks;

pub use examine::{Examine, Findings, Page, audit_server};
pub use host::Host;
pub use module::{Module, StartError, Worker};
pub use personal::{Holds, MOST_ORDERS, Portion, Whose, personal_data_server};
pub use remains::{Erased, ErasedPerson, MOST_PEOPLE, Remains};
pub use sealing::{Sealer, keep_anchors};
pub use tables::platform_migrations;
pub use tasks::{Stop, Tasks, TokioTimers};
