//! What every layer of every service may use: money, typed ids, time, the caller's context and the effects
//! (clock, timers, spawning, ids, randomness) that are parameters everywhere. Pure: no I/O happens in this crate
//! outside [`system`], which the composition root alone constructs.

pub mod cart_id;
pub mod ctx;
pub mod effects;
pub mod ids;
pub mod money;
pub mod paging;
pub mod personal;
pub mod system;
pub mod text;
pub mod time;
pub mod trace;

pub use cart_id::CartId;
pub use ctx::{Actor, ChannelId, CorrelationId, Ctx, Locale, Permission, Proof, Whence, network};
pub use effects::{Clock, Effects, IdGen, Rng, Spawn, Timers};
pub use ids::*;
pub use money::{Currency, Money, MoneyError};
pub use paging::{Cursor, Limit, Page};
pub use personal::{Personal, Secret};
pub use time::Timestamp;
pub use trace::{Scope, TraceContext};
