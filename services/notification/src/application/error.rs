//! What can go wrong when people are to be told.

use hanse_database::DbError;

#[derive(Debug, thiserror::Error)]
pub enum NotificationError {
    #[error(transparent)]
    Store(#[from] DbError),
    #[error("the template does not render: {0}")]
    Template(String),
    #[error("there is no such template")]
    UnknownTemplate,
    #[error("a key to an account stands in this mail")]
    NotTheirKey,
    #[error("show once more that it is you")]
    StepUp,
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// May be different later.
    #[error("{0}")]
    Later(String),
    /// Will never work: an address that is none, say.
    #[error("{0}")]
    Never(String),
}
