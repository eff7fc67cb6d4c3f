//! Auth from outside: real module, real stores on both engines, real messages.

// Tests run in the real world, and a step of theirs that fails should fail loudly.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod access;
mod accounts;
mod addresses;
mod at_provider;
mod audit;
mod audit_log;
mod devices;
mod enrolling;
mod enumeration;
mod erasing;
mod factors;
mod invitations;
mod keys;
mod linking;
mod links;
mod own_sessions;
mod passkeys;
mod passwords;
mod providers;
mod refreshing;
mod roles;
mod sealing;
mod sessions;
mod staff;
mod step_up;
mod turning_keys;
mod wire;
mod world;
