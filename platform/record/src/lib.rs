//! The audit log: who did what, to what, from where, and what it was before. [`Record`] writes an entry in the unit of work
//! of the thing itself; [`seal`] numbers and chains what was written; [`verify`] tells whether the chain still is what it
//! was; [`anchors`] keeps the ends of other services' chains, by which a log that was rewritten as a whole is found out.
//!
//! An entry holds ids and what became of fields that matter. It holds no secret, and nobody's name or address.

pub mod anchors;
mod chain;
mod entry;
mod log;
pub mod read;
pub mod schema;
pub mod seal;
mod stored;
pub mod verify;

pub use chain::{GENESIS, Link};
pub use entry::Entry;
pub use log::Record;
pub use stored::{Stored, network_of};

hanse_database::migrations!("record");
