//! Why something sealed is not opened. Nothing of what it says is about anybody.

use hanse_database::DbError;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    #[error(
        "{service}: keys of people are wrapped by the master key {master}, which the shop's keys do not have as `personal`, \
         `former_personal` or `next_personal`; give the shop back the keys that it was run with"
    )]
    OtherMaster { service: &'static str, master: String },
    #[error(
        "{service}: the wrapped key of {subject} does not open: it was changed, or belongs to another row or another service; put \
         that row of person_key back from a backup"
    )]
    BrokenKey { service: &'static str, subject: Uuid },
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
        match error {
            // It goes on once the shop has its keys again: nothing is given up meanwhile.
            VaultError::OtherMaster { .. } => Self::Unavailable(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}
