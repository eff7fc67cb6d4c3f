//! Payment as its neighbours see it: messages in, messages out, on both engines.

// Tests run in the real world, and a test that cannot go on says so by panicking.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accidents;
mod bank;
mod commands;
mod edge;
mod providers;
mod renewals;
mod rules;
mod shop;
mod tokens;
mod webhooks;
