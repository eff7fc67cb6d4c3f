//! The simulator: whole shops, in worlds that misbehave, decided by a seed and told as a story.
//!
//! The services are the real ones, on the database engine without threads. Time, chance, tasks and the wires between them
//! belong to the world, so a seed is all there is to a run: the same seed is the same world, turn by turn.

#[path = "../../../hanse/src/audit/mod.rs"]
mod audit;
mod bank;
mod books;
mod campaign;
mod chance;
mod checkout;
mod defect;
mod desk;
mod effects;
mod executor;
mod figures;
mod judge;
mod kept;
mod ledger;
mod merchant;
mod pace;
mod planted;
mod post;
mod run;
mod services;
mod shop;
mod shopper;
mod stage;
mod story;
mod teller;
mod truth;
mod wanted;
mod weather;
mod webhook;
mod world;

pub use campaign::{Campaign, Summary};
pub use defect::Defect;
pub use kept::{KEPT, Kept};
pub use run::{Ended, play};
pub use shop::Stage;
pub use wanted::WANTED;
pub use weather::Fault;
