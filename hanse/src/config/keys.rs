//! Where services that run as processes of their own have the keys from that all of them share. A shop in a data folder keeps its own
//! there, in `secrets.json`.

use crate::secrets::gcp;
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const FILE: &str = "secrets.json";

/// One of them says where; without `env` and `gcp` it is the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// The file with the shop's own keys. `hanse keys` makes one.
    pub file: PathBuf,
    /// The name of an environment variable that holds what would stand in the file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub env: String,
    /// `projects/PROJECT/secrets/SECRET/versions/latest`: a secret in Google's Secret Manager that holds it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gcp: String,
    /// Where Secret Manager is asked, if not at its usual address: a private endpoint, such as
    /// `https://secretmanager-shop.p.googleapis.com`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gcp_endpoint: String,
}

impl Default for Keys {
    fn default() -> Self {
        Self { file: FILE.into(), env: String::new(), gcp: String::new(), gcp_endpoint: String::new() }
    }
}

/// Where the keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource<'a> {
    File(&'a Path),
    Environment(&'a str),
    Gcp { secret: &'a str, endpoint: &'a str },
}

impl Keys {
    pub fn source(&self) -> Result<KeySource<'_>> {
        let file = self.file != Path::new(FILE);
        Ok(match (file, self.env.as_str(), self.gcp.as_str()) {
            (_, "", "") => KeySource::File(&self.file),
            (false, name, "") => KeySource::Environment(name),
            (false, "", secret) => KeySource::Gcp { secret, endpoint: &self.gcp_endpoint },
            _ => bail!("keys.file, keys.env and keys.gcp: only one of them can be said"),
        })
    }

    /// For people: where the keys are.
    pub fn shown(&self) -> String {
        match self.source() {
            Ok(KeySource::Environment(name)) => format!("keys.env {name}"),
            Ok(KeySource::Gcp { secret, .. }) => format!("keys.gcp {secret}"),
            Ok(KeySource::File(_)) | Err(_) => format!("keys.file {}", self.file.display()),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        match self.source()? {
            KeySource::Environment(name) => {
                self.no_endpoint()?;
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                if !name.chars().all(plain) {
                    bail!("keys.env is the name of a variable, such as HANSE_KEYS, and not what it holds");
                }
            }
            KeySource::Gcp { secret, endpoint } => {
                gcp::check_name(secret)?;
                if !endpoint.is_empty() {
                    gcp::check_endpoint(endpoint)?;
                }
            }
            KeySource::File(_) => self.no_endpoint()?,
        }
        Ok(())
    }

    fn no_endpoint(&self) -> Result<()> {
        if !self.gcp_endpoint.is_empty() {
            bail!("keys.gcp_endpoint is for keys.gcp, which is missing");
        }
        Ok(())
    }

    /// Nothing is said: it is left to the shop.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(file: &str, env: &str, gcp: &str, gcp_endpoint: &str) -> Keys {
        let [env, gcp, gcp_endpoint] = [env, gcp, gcp_endpoint].map(String::from);
        Keys { file: file.into(), env, gcp, gcp_endpoint }
    }

    #[test]
    fn the_keys_are_at_one_place_and_which_is_said_without_them() {
        let secret = "projects/kontor/secrets/keys/versions/latest";
        let at = |keys: Keys| keys.check().map(|()| keys.shown()).unwrap_or_else(|e| format!("{e}"));
        assert_eq!(at(Keys::default()), "keys.file secrets.json");
        assert_eq!(at(keys("secrets.json", "HANSE_KEYS", "", "")), "keys.env HANSE_KEYS");
        assert_eq!(at(keys("secrets.json", "", secret, "")), format!("keys.gcp {secret}"));
        for (wrong, told) in [
            (keys("/etc/keys.json", "HANSE_KEYS", "", ""), "only one"),
            (keys("/etc/keys.json", "", secret, ""), "only one"),
            (keys("secrets.json", "HANSE_KEYS", secret, ""), "only one"),
            (keys("secrets.json", "{\"pepper\": \"5ec2e7\"}", "", ""), "name of a variable"),
            (keys("secrets.json", "", "keys", ""), "keys.gcp"),
            (keys("secrets.json", "", "{\"pepper\": \"5ec2e7\"}", ""), "keys.gcp: what is there"),
            (keys("secrets.json", "HANSE_KEYS", "", "https://example.org"), "keys.gcp_endpoint"),
            (keys("secrets.json", "", secret, "example.org"), "keys.gcp_endpoint"),
            (keys("secrets.json", "", "", "https://example.org"), "keys.gcp_endpoint"),
        ] {
            let said = at(wrong);
            assert!(said.contains(told) && !said.contains("5ec2e7"), "{said}");
        }
    }
}
