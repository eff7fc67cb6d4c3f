//! Auth from outside: real module, real stores on both engines, real messages.

mod access;
mod accounts;
mod audit;
mod keys;
mod refreshing;
mod sessions;
mod staff;
mod wire;
mod world;
