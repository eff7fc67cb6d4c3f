//! The edge as a client meets it: every test sends requests through real routers and layers.

// A test that cannot go on says so by panicking.
#![allow(clippy::unwrap_used)]

mod access;
mod body;
mod context;
mod fuzz;
mod headers;
mod hostile;
mod idempotency;
mod jwt;
mod jwt_hostile;
mod limits;
mod linger;
mod openapi;
mod overload;
mod problem;
mod query;
mod world;

#[path = "../../../testkit/src/private_folder.rs"]
mod private_folder;
#[path = "../../../testkit/src/private_postgres.rs"]
mod private_postgres;
