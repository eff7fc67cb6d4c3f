//! What tests stand on: a fresh database on either engine, and a host that runs real modules in one process with real
//! outboxes and relays, a tap on all messages, neighbours that a test programs, and a collector of traces.

// Tests run in the real world: there is no simulated one below them.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic)]

mod app;
mod client;
pub mod collector;
pub mod dumps;
mod engines;
mod fresh_databases;
mod host;
pub mod identity_provider;
mod key_fob;
pub mod mail_server;
pub mod private_folder;
pub mod private_postgres;
pub mod private_rabbitmq;
pub mod private_redis;
pub mod proxy;
mod redis_server;
mod wire;
mod world;

pub use app::App;
pub use client::{Answer, Client};
pub use engines::{TestDb, both_engines, open, open_with};
pub use fresh_databases::{create_databases, fresh_name};
pub use hanse_database::Engine;
pub use host::{Recorded, TestHost, TestModule};
pub use identity_provider::IdentityProvider;
pub use key_fob::KeyFob;
pub use redis_server::{RedisPlace, redis_place, redis_prefix};
pub use wire::{Carrier, broker_url};
pub use world::{TestWorld, effects, keyring, vault};
