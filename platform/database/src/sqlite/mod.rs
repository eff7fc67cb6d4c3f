//! The embedded engine: one writer thread with group commit, a few readers, one file; and the same without threads.

mod conn;
mod cut;
mod inline;
mod store;

pub(crate) use conn::{LiteConn, column};
pub(crate) use cut::cut;
pub use cut::{Cut, Picture, sound};
pub(crate) use inline::InlineStore;
pub use inline::{Interlude, Moment};
pub use store::LiteOptions;
pub(crate) use store::{Durability, LiteStore};
