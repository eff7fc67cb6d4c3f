//! Why a use case said no.

use crate::domain::consent::TooOften;
use crate::domain::{BookError, Fault};
use hanse_database::DbError;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error(transparent)]
    Store(#[from] DbError),
    #[error(transparent)]
    Book(#[from] BookError),
    #[error("some fields are not valid: {0:?}")]
    Invalid(Vec<Fault>),
    #[error(transparent)]
    ChangedTooOften(#[from] TooOften),
    /// Nobody is logged in.
    #[error("nobody is logged in")]
    Nobody,
    #[error("there is no such person")]
    NoSuchPerson,
    /// The caller meant another version than the present one.
    #[error("it was changed in the meantime")]
    OtherVersion,
    /// Auth cannot be asked, and without it there is no answer.
    #[error("auth cannot be asked: {0}")]
    AuthAway(String),
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the account has no password")]
    NoPassword,
    /// Allowed, once they have shown again who they are.
    #[error("it was too long ago that they showed who they are")]
    StepUp,
    #[error("too many passwords were wrong")]
    TooManyTries(Duration),
    /// Accounts of staff are the merchant's to end.
    #[error("it is an account of staff")]
    OfStaff,
    /// Who would have to tell what they hold does not: a part of it would look like all of it.
    #[error("{service} cannot be asked what it holds: {why}")]
    HolderAway { service: &'static str, why: String },
    #[error("more is held about the person than fits into one document")]
    TooMuch,
}
