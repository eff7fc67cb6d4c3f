//! Inventory as its neighbours see it: messages in, messages out, on both engines.

mod admin;
mod catalogue;
mod contention;
mod orders;
mod rules;
mod shop;
