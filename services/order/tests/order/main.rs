//! The order service as shoppers, staff and its neighbours see it, on both engines; the neighbours are programmed by
//! the tests.

// Tests run in the real world, and a test that cannot go on says so by panicking.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod audit;
mod cancelling;
mod checkout;
mod crash;
mod erasing;
mod held;
mod messages;
mod neighbours;
mod payments;
mod refusals;
mod sagas;
mod sealing;
mod sending;
mod shop;
mod timeouts;
