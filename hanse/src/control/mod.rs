//! How the verbs reach a shop: through the control socket of a running one, or by starting it here without a listener.

mod backup;
mod client;
mod console;
mod dead;
mod parked;
mod reconcile;
mod routes;
mod server;

pub use client::Reached;
pub use console::Console;
pub use server::serve;
