//! Questions between services: the generated gRPC clients over a [`Link`], which in one process hands the call to the
//! server directly (no socket) and between processes goes over mTLS. Who may ask what, deadlines, tries and breakers are
//! the same in both shapes.

mod allow;
mod answering;
pub mod authority;
mod body;
mod call;
mod identity;
mod link;
mod methods;
mod policy;
mod remote;
mod server;
mod switchboard;
mod tasks;
mod trace;

pub use allow::{Allow, OPERATOR};
pub use authority::Authority;
pub use call::{RpcError, caller, ctx_of, request};
pub use identity::{Identity, IdentityError};
pub use link::{Link, Nearest, Network};
pub use methods::{Descriptors, Methods};
pub use remote::{Peers, Remote, Requests, Unreachable};
pub use server::{Readiness, ServeError, Server};
pub use switchboard::Switchboard;

/// The questions that `hanse audit` asks of every service.
#[allow(clippy::all, clippy::pedantic)]
pub mod audit {
    tonic::include_proto!("hanse.audit.v1");
    /// The compiled proto files.
    pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("descriptors");
}

/// The question that a service answers which holds something about people.
#[allow(clippy::all, clippy::pedantic)]
pub mod personal {
    tonic::include_proto!("hanse.personal.v1");
}
