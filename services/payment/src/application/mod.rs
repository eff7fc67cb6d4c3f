//! What payment does: one use case per file, over ports that infrastructure fills.

pub mod activate;
pub mod answer_challenge;
pub mod authorise;
pub mod bell;
pub mod cancel;
pub mod capture;
pub mod error;
pub mod expire;
pub mod hear;
pub mod list_payments;
pub mod open_payment;
pub mod perform;
pub mod ports;
pub mod reconcile;
pub mod refund;
pub mod till;
pub mod void_rest;

pub use error::PaymentError;
pub use till::Till;
