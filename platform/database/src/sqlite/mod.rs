//! The embedded engine: one writer thread with group commit, a few readers, one file.

mod conn;
mod store;

pub(crate) use conn::{LiteConn, column};
pub use store::LiteOptions;
pub(crate) use store::{Durability, LiteStore};
