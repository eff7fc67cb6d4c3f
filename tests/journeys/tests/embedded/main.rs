//! The customers' journeys in a shop that is one process with a data folder; and stories of that folder itself, which a league
//! has not: how it is taken, filled, copied, killed with what is in it, and left for a league.
// Journeys live in real time, outside the product.
#![allow(clippy::disallowed_methods)]

mod backup;
mod crash;
mod disk;
mod folder;
mod moving;
#[path = "../stories/mod.rs"]
mod stories;
