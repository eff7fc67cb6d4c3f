//! Personal data and secrets have types that do not print.

use crate::ids::UserId;
use std::fmt;

pub use secrecy::{ExposeSecret, SecretString as Secret};

/// A value about a person: shown only by [`Personal::reveal`], never by Debug or Display. `subject` names the person
/// whose key will encrypt it (a guest's data hangs on the cart or order instead and has none).
#[derive(Clone, PartialEq, Eq)]
pub struct Personal<T> {
    subject: Option<UserId>,
    value: T,
}

impl<T> Personal<T> {
    pub fn of(subject: UserId, value: T) -> Self {
        Self { subject: Some(subject), value }
    }
    pub fn guest(value: T) -> Self {
        Self { subject: None, value }
    }
    pub fn subject(&self) -> Option<UserId> {
        self.subject
    }
    /// The value itself. Each call is a place where personal data leaves its wrapper: keep them few.
    pub fn reveal(&self) -> &T {
        &self.value
    }
    pub fn into_revealed(self) -> T {
        self.value
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(…)")
    }
}
