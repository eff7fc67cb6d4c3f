//! User from outside: real module, real stores on both engines, real messages, and an auth that the tests program.

// Tests run in the real world, and a step of theirs that fails should fail loudly.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod access;
mod addresses;
mod consents;
mod customers;
mod erasing;
mod exporting;
mod me;
mod messages;
mod sealing;
mod world;
