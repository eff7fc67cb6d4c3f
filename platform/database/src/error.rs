//! What can go wrong in a store, told alike by both engines.

/// A constraint that refused a write. The same on SQLite and PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// `columns` in the order of the constraint.
    Unique {
        table: String,
        columns: Vec<String>,
    },
    /// The name of the CHECK constraint.
    Check(String),
    ForeignKey,
    NotNull(String),
}

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("a constraint refused the write: {0:?}")]
    Violation(Violation),
    /// Another unit was in the way; the runner re-runs the unit and tells this only when it gave up.
    #[error("the unit conflicted with others {attempts} times")]
    Conflict { attempts: u32 },
    /// The unit was too long: too many statements or too much time.
    #[error("the unit of work is over its budget of {0}")]
    Budget(&'static str),
    /// A statement was run after another had failed, or the unit's answer was Ok although one had.
    #[error("the unit of work is dead: an earlier statement failed")]
    Dead,
    #[error("something other than the database was awaited inside a unit of work")]
    ForeignAwait,
    #[error("the unit of work panicked: {0}")]
    Panicked(String),
    #[error("the disk is full; free some space, nothing was changed")]
    DiskFull,
    #[error("the store is read-only: {0}")]
    ReadOnly(String),
    #[error("the store is busy or cannot be reached: {0}")]
    Unavailable(String),
    /// A message that the sender has not said it sends.
    #[error(
        "{sender} has not declared that it sends {kind}; name the type where the module is wired (Host::sending)"
    )]
    Undeclared { sender: String, kind: &'static str },
    #[error("column {index}: {message}")]
    Column { index: usize, message: String },
    #[error("migration: {0}")]
    Migration(String),
    #[error("{0}")]
    Other(String),
}

impl DbError {
    pub fn is_unique(&self, table_: &str) -> bool {
        matches!(self, Self::Violation(Violation::Unique { table, .. }) if table == table_)
    }
}
