//! The catalogue as merchants, shoppers and other services meet it, on both engines.

// Tests run in the real world, and a step of theirs that fails should fail loudly.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

#[path = "product/admin.rs"]
mod admin;
#[path = "product/categories.rs"]
mod categories;
#[path = "product/housekeeping.rs"]
mod housekeeping;
#[path = "product/imports.rs"]
mod imports;
#[path = "product/listing.rs"]
mod listing;
#[path = "product/messages.rs"]
mod messages;
#[path = "product/resume.rs"]
mod resume;
#[path = "product/shop.rs"]
mod shop;
#[path = "product/speed.rs"]
mod speed;
#[path = "product/uploads.rs"]
mod uploads;
