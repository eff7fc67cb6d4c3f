//! What the services do together over days.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod allow_lists;
mod held_money;
mod messages;
mod modules;
mod returns;
