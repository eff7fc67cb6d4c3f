//! Auth from outside: real module, real stores on both engines, real messages.

// Tests run in the real world, and a step of theirs that fails should fail loudly.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod access;
mod accounts;
mod addresses;
mod audit;
mod devices;
mod enumeration;
mod invitations;
mod keys;
mod links;
mod own_sessions;
mod passwords;
mod refreshing;
mod roles;
mod sessions;
mod staff;
mod wire;
mod world;
