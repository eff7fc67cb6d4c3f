//! A secret in the configuration: read, and shown as `***`.

use hanse_kernel::Secret;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;

#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// None was given.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn secret(&self) -> Secret {
        self.0.as_str().into()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(***)")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}
