//! How the verbs reach a shop: through the control socket of a running one, or by starting it here without a listener.

mod accept;
mod backup;
mod client;
mod console;
mod dead;
mod erasures;
mod gap;
mod parked;
mod reconcile;
mod routes;
mod server;

/// Who is at the command line, for the audit log: by the operating system's word, since whoever reaches the socket may do
/// anything.
const OPERATOR_IS: http::HeaderName = http::HeaderName::from_static("x-hanse-operator");

/// The name of the operating system's user who runs this process.
pub fn login() -> String {
    let uid = nix::unistd::Uid::current();
    let login = nix::unistd::User::from_uid(uid).ok().flatten().map(|user| user.name);
    login.unwrap_or_else(|| format!("uid {uid}"))
}

pub use client::Reached;
pub use console::{Console, note_restored, operator};
pub use server::serve;
