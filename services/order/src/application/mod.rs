//! What can be done with orders: one use case per file, over ports.

pub mod access;
pub mod answers;
mod assemble;
pub mod cancel;
mod desk;
pub mod erase_person;
pub mod error;
pub mod forget;
pub mod fulfil;
pub mod place;
pub mod ports;
pub mod read;
pub mod refund;
pub mod retry_payment;
pub mod sagas;
pub mod timers;
pub mod waiting;

pub use access::{AccessKey, AccessTokens};
pub use desk::Desk;
pub use error::{Missing, OrderError};
