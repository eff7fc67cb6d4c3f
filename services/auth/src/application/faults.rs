//! Collects what is wrong with a request's fields, so that all of it is told at once.

use crate::application::AuthError;
use crate::domain::{
    BuiltIn, EmailAddress, EmailError, NameError, Password, PasswordError, PersonName, Role,
};
use hanse_kernel::{Permission, Secret};
use std::collections::BTreeSet;
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

    /// As it was looked up by its name.
    pub fn role(&mut self, found: Option<Role>) -> Option<Role> {
        if found.is_none() {
            let names: Vec<&str> = BuiltIn::ALL.into_iter().map(BuiltIn::as_str).collect();
            self.add(
                "role",
                "enum",
                format!("must be one of {}, or a role of the shop's own", names.join(", ")),
            );
        }
        found
    }

    /// At least one, each as it is listed with the roles.
    pub fn permissions(&mut self, named: &[String]) -> Option<BTreeSet<Permission>> {
        if named.is_empty() {
            self.add("permissions", "required", "must name at least one permission");
            return None;
        }
        let read: Option<BTreeSet<Permission>> = named.iter().map(|name| Permission::parse(name)).collect();
        if read.is_none() {
            self.add("permissions", "enum", "must be permissions as GET /api/admin/roles lists them");
        }
        read
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
