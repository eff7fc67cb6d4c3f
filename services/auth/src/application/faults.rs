//! Collects what is wrong with a request's fields, so that all of it is told at once.

use crate::application::AuthError;
use crate::domain::{EmailAddress, EmailError, NameError, Password, PasswordError, PersonName};
use hanse_kernel::Secret;
use std::fmt::Display;

/// One field that was refused. Holds the rule, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: &'static str,
    pub code: &'static str,
    pub rule: String,
}

#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, field: &'static str, code: &'static str, rule: impl Display) {
        self.0.push(Fault { field, code, rule: rule.to_string() });
    }

    pub fn email(&mut self, text: &str) -> Option<EmailAddress> {
        EmailAddress::parse(text).map_err(|e: EmailError| self.add("email", "format", e)).ok()
    }

    pub fn name(&mut self, text: &str) -> Option<PersonName> {
        PersonName::parse(text).map_err(|e: NameError| self.add("name", "length", e)).ok()
    }

    pub fn password(&mut self, text: &Secret, email: Option<&EmailAddress>) -> Option<Password> {
        Password::choose(text, email).map_err(|e: PasswordError| self.add("password", e.code(), e)).ok()
    }

    pub fn refusal(self) -> AuthError {
        AuthError::Invalid(self.0)
    }

    /// What was read, if all of it was good.
    pub fn unless<T>(self, read: Option<T>) -> Result<T, AuthError> {
        match read {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.refusal()),
        }
    }
}
