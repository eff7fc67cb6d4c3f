//! Faults on the real processes of a league.
#![allow(clippy::disallowed_methods)]

mod bad_start;
mod brinks;
mod degraded;
mod doors;
mod farewell;
mod kills;
mod messages;
mod partitions;
mod restarts;
mod rolling;
