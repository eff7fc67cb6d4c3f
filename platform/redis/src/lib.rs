//! The way to Redis: one connection that comes back by itself, calls that are bounded in time, keys under a prefix, and
//! an answer at once while Redis is away, so that what stands on it can go on without it.
//!
//! A call that finds its connection broken is sent once more over a new one. It may therefore be done twice: whatever is
//! sent here has to bear that. What a store needs of its Redis is judged by [`Redis::fit_to_store`].

mod client;
mod error;
mod fitness;
mod line;
mod script;

pub use client::{Redis, RedisConfig};
pub use error::RedisError;
pub use fitness::{Caution, Unfit};
pub use redis::{Cmd, FromRedisValue, ToRedisArgs, cmd};
pub use script::Script;
