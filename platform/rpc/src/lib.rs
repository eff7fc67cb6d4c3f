//! Questions between services: the generated gRPC clients over a [`Link`], which in one process hands the call to the
//! server directly (no socket) and between processes goes over mTLS. Deadlines, caller identity and correlation travel
//! as metadata in both shapes.

mod call;
mod link;

pub use call::{RpcError, caller, ctx_of, request};
pub use link::{Link, Network, Switchboard};

/// The questions that `hanse audit` asks of every service.
#[allow(clippy::all, clippy::pedantic)]
pub mod audit {
    tonic::include_proto!("hanse.audit.v1");
}
