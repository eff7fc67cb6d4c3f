//! The customers' journeys in a league of processes with PostgreSQL, RabbitMQ and Redis; and the story of its backups. What else it
//! has of its own, kills and lost lines between its processes and stores, is told in `tests/chaos`.
// Journeys live in real time, outside the product.
#![allow(clippy::disallowed_methods)]

mod restored;
#[path = "../stories/mod.rs"]
mod stories;
