//! The distributed engine: a pool of tokio-postgres connections, units re-run on serialization conflicts.

mod conn;
mod pulse;
mod store;
mod tls;

pub(crate) use conn::{PgConn, column};
pub(crate) use store::{Isolation, PgStore};
pub use tls::Trust;
