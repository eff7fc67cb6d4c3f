//! Pricing as its neighbours and its staff see it: the rules alone, and the real module on both engines.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "pricing/discounts.rs"]
mod discounts;
#[path = "pricing/price_books.rs"]
mod price_books;
#[path = "pricing/properties.rs"]
mod properties;
#[path = "pricing/rules.rs"]
mod rules;
#[path = "pricing/setting_prices.rs"]
mod setting_prices;
#[path = "pricing/settings.rs"]
mod settings;
#[path = "pricing/shop.rs"]
mod shop;
#[path = "pricing/wire.rs"]
mod wire;
