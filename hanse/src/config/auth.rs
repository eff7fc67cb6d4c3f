//! How those who work for the shop show who they are, and whom people can log in with besides a password.

use super::SecretText;
use anyhow::{Context, Result, bail};
use hanse_auth::StaffFactor as Needed;
use hanse_kernel::Secret;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Whether staff have to have a second factor. Left out: `required` in a league and wherever others can reach the shop,
    /// `when_enrolled` for a shop on this machine alone.
    pub staff_factor: Option<StaffFactor>,
    /// Who asks in vain, or opens an account, is answered a whole number of so many milliseconds after the question, so that the
    /// time does not tell who has an account. 0: at once.
    pub answer_beat_ms: u16,
    /// By the name that stands in addresses: `[auth.providers.google]`. It stays as it is once people come from there.
    pub providers: BTreeMap<String, Provider>,
}

impl Default for Auth {
    fn default() -> Self {
        Self { staff_factor: None, answer_beat_ms: 50, providers: BTreeMap::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// `oidc` (any that speaks OpenID Connect), `google` or `facebook`.
    pub kind: Kind,
    /// What people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// As the provider writes it, to the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What the provider calls the shop. Facebook's are numbers.
    #[serde(deserialize_with = "text_or_number")]
    pub client_id: String,
    #[serde(default, skip_serializing_if = "SecretText::is_empty")]
    pub client_secret: SecretText,
    /// A file with it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// The provider is in the merchant's own network, which is asked otherwise by nobody's leave.
    #[serde(default)]
    pub private_network: bool,
    /// Facebook's addresses, where others than those that this version knows are to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Oidc,
    Google,
    Facebook,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffFactor {
    /// Without one they do nothing but enrol it.
    Required,
    /// Whoever has enrolled one shows it.
    WhenEnrolled,
}

fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(u64),
    }
    Ok(match Either::deserialize(from)? {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    })
}

impl Auth {
    /// For a shop that others can reach, or cannot.
    pub fn settle(&mut self, reachable: bool) {
        let usual = if reachable { StaffFactor::Required } else { StaffFactor::WhenEnrolled };
        self.staff_factor.get_or_insert(usual);
    }

    pub fn needed(&self) -> Needed {
        match self.staff_factor {
            Some(StaffFactor::WhenEnrolled) => Needed::WhenEnrolled,
            // Where nobody settled it, the stricter one.
            Some(StaffFactor::Required) | None => Needed::Required,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        for (name, one) in &self.providers {
            if !one.client_secret.is_empty() && one.client_secret_file.is_some() {
                bail!(
                    "auth.providers.{name}.client_secret and client_secret_file are both there: leave one of them out"
                );
            }
        }
        Ok(())
    }
}

impl Provider {
    /// Empty where there is none; a file's without the line's end.
    pub fn secret(&self, name: &str) -> Result<Secret> {
        let Some(file) = &self.client_secret_file else { return Ok(self.client_secret.secret()) };
        let text = std::fs::read_to_string(file).with_context(|| {
            format!(
                "auth.providers.{name}.client_secret_file: {} cannot be read; is it there, and yours?",
                file.display()
            )
        })?;
        Ok(text.trim_end_matches(['\r', '\n']).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_need_a_factor_where_others_can_reach_the_shop_unless_said_otherwise() {
        let settled = |said, reachable| {
            let mut auth = Auth { staff_factor: said, ..Auth::default() };
            auth.settle(reachable);
            auth.needed()
        };
        assert_eq!(settled(None, true), Needed::Required);
        assert_eq!(settled(None, false), Needed::WhenEnrolled);
        assert_eq!(settled(Some(StaffFactor::WhenEnrolled), true), Needed::WhenEnrolled);
        assert_eq!(settled(Some(StaffFactor::Required), false), Needed::Required);
        assert_eq!(Auth::default().needed(), Needed::Required);
    }
}
