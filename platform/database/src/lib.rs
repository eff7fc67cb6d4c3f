//! One SQL text, two engines: a small layer over rusqlite (embedded) and tokio-postgres (distributed).
//!
//! A repository is written once, in plain SQL with `$1…$n` and the dialect both engines share; the few engine-only
//! clauses stand between `/*pg*/ … /*end*/` or `/*lite*/ … /*end*/`. Application code sees [`Db`] and the opaque
//! [`Tx`]; only infrastructure imports [`sql::Sql`], the extension trait that runs statements.

mod db;
mod error;
pub mod migrate;
mod postgres;
pub mod sql;
mod sqlite;
mod tx;
mod unit;

pub use db::{Db, Engine};
pub use error::{DbError, Violation};
pub use postgres::Trust;
pub use sqlite::{Cut, Interlude, LiteOptions, Moment, Picture, sound};
pub use tx::Tx;
pub use unit::Unit;
