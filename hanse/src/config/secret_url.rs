//! The address of a server (mail, database, broker) with the login that may be in it: a secret that is written and shown
//! masked.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// None was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// With the login in it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts =
            self.0.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
        match parts {
            Some((scheme, (_, host))) => write!(f, "{scheme}://***:***@{host}"),
            // What is no such address may be anything, a password too.
            None if self.0.contains('@') => f.write_str("***"),
            None => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({self})")
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
