//! What can go wrong in payment.

use super::ports::Unread;
use crate::domain::NotYet;
use hanse_database::DbError;

#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    #[error(transparent)]
    Store(#[from] DbError),
    #[error("{0}")]
    NotYet(#[from] NotYet),
    #[error("no payment provider is called `{0}`")]
    UnknownProvider(String),
    #[error("{field} {rule}")]
    Invalid { field: &'static str, rule: &'static str },
    #[error("there is no such payment")]
    NotFound,
    #[error("the payment does not wait for the shopper")]
    NotWaiting,
    #[error("no payment provider of this name calls")]
    NobodyCalls,
    #[error("the webhook is not the provider's: {0}")]
    Forged(&'static str),
    #[error("the webhook cannot be understood: {0}")]
    Unreadable(String),
    /// The kept means of payment cannot be encrypted or read.
    #[error("the means of payment cannot be kept: {0}")]
    Vault(&'static str),
    #[error(transparent)]
    Unread(#[from] Unread),
    #[error("{0} cannot be asked")]
    Away(&'static str),
    /// Another unit changed the payment first; trying again helps.
    #[error("the payment was changed at the same moment")]
    Conflict,
}
