//! Carts as shoppers and other services see them: the real module on both engines, among fake neighbours.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "cart/bad_input.rs"]
mod bad_input;
#[path = "cart/degraded.rs"]
mod degraded;
#[path = "cart/filling.rs"]
mod filling;
#[path = "cart/lifetime.rs"]
mod lifetime;
#[path = "cart/ordering.rs"]
mod ordering;
#[path = "cart/owning.rs"]
mod owning;
#[path = "cart/redis_away.rs"]
mod redis_away;
#[path = "cart/rules.rs"]
mod rules;
#[path = "cart/sealing.rs"]
mod sealing;
#[path = "cart/shop.rs"]
mod shop;
#[path = "cart/wire.rs"]
mod wire;
