//! What the services do together over days.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod held_money;
mod returns;
