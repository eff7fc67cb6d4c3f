//! The order service as shoppers, staff and its neighbours see it, on both engines; the neighbours are programmed by
//! the tests.

mod access;
mod audit;
mod cancelling;
mod checkout;
mod crash;
mod held;
mod messages;
mod neighbours;
mod payments;
mod refusals;
mod sending;
mod shop;
mod timeouts;
