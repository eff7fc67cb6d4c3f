//! Why something sealed is not opened. Nothing of what it says is about anybody.

use hanse_database::DbError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error(
        "{service}: keys of people are wrapped by the master key {master}, which the shop's keys do not have as `personal`, \
         `former_personal` or `next_personal`; give the shop back the keys that it was run with"
    )]
    OtherMaster { service: &'static str, master: String },
    #[error(
        "{service}: a wrapped key does not open: it was changed, or belongs to another row or another service"
    )]
    BrokenKey { service: &'static str },
    #[error(
        "{column} does not open: it was changed, comes from another row or column, or its key is another one"
    )]
    Unreadable { column: String },
    #[error("{column} is sealed with a key that was destroyed")]
    Destroyed { column: String },
    #[error("sealing failed")]
    Sealing,
}

impl From<VaultError> for DbError {
    fn from(error: VaultError) -> Self {
        Self::Other(error.to_string())
    }
}
