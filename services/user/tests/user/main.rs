//! User from outside: real module, real stores on both engines, real messages, and an auth that the tests program.

mod access;
mod addresses;
mod customers;
mod me;
mod messages;
mod world;
