//! Stories of services that ask each other: over real sockets and certificates, and in one process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

mod answering;
mod callers;
mod certificates;
mod ends;
mod house;
mod plain;
mod policy;
mod replicas;
mod rotation;
mod well_known;
