//! The composition root: which services there are, where they keep their data, how they reach each other, and a whole
//! shop of them in one process.

mod app;
mod atlas;
mod auditor;
mod berth;
mod carrier;
mod crew;
#[cfg(test)]
mod doors;
mod histories;
mod info;
mod memory;
mod names;
mod observed;
mod services;
mod state;
mod stores;

pub use app::App;
pub use atlas::{Atlas, Neighbours};
pub use auditor::HOME;
pub use berth::Berth;
pub use carrier::{Carrier, rabbit_settings};
pub use crew::{Crew, Watch};
pub use histories::histories;
pub use info::ServiceInfo;
pub use memory::{judge, redis};
pub use names::{NAMES, usual_port};
pub use observed::observed;
pub use services::{Means, gateway as gateway_config, module};
pub use state::State;
pub use stores::{Place, database_trust};
