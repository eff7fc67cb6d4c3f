//! What can go wrong with a call.

use redis::{ErrorKind, ServerErrorKind};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedisError {
    /// It cannot be reached, did not answer in time, or is not ready. What was asked may have been done all the same.
    #[error("Redis is away: {0}")]
    Away(String),
    /// Its memory is used up and it evicts nothing. Nothing was done.
    #[error("Redis is full: {0}")]
    Full(String),
    /// It answered that it will not do that, or with something that cannot be read: a fault of ours or of its setting.
    #[error("Redis refused: {0}")]
    Refused(String),
    #[error(
        "the address of Redis cannot be used: {0}; write redis://[user]:password@host:6379 or rediss://… for TLS"
    )]
    Address(String),
}

/// What to make of an error of the driver.
pub(crate) enum Fault {
    /// The connection is of no use any more.
    Broken(String),
    /// The connection is fine.
    Told(RedisError),
}

pub(crate) fn judge(error: &redis::RedisError) -> Fault {
    match error.kind() {
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown,
        ) => Fault::Told(RedisError::Away(error.to_string())),
        // It was the primary and is none any more: another one may answer to its name by now.
        ErrorKind::Server(ServerErrorKind::ReadOnly) => Fault::Broken(error.to_string()),
        _ if error.is_unrecoverable_error() => Fault::Broken(error.to_string()),
        _ if error.code() == Some("OOM") => Fault::Told(RedisError::Full(error.to_string())),
        // The disk of its log of writes is full, for example.
        _ if error.code() == Some("MISCONF") => Fault::Told(RedisError::Full(error.to_string())),
        _ => Fault::Told(RedisError::Refused(error.to_string())),
    }
}
