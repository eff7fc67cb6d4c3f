//! Google's Secret Manager, asked over its documented REST interface for one version of one secret. One process asks once,
//! when it starts.
//!
//! <https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access>

mod checksum;
mod name;
mod refused;
#[cfg(test)]
mod tests;
mod token;
mod way;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hanse_kernel::Effects;
use http::StatusCode;
use name::Name;
use serde::Deserialize;
use serde_json::Value;
use token::{Identity, Token};
use url::Url;
use way::{Ask, Way};
use zeroize::Zeroizing;

pub use name::check as check_name;
pub use way::{Away, check as check_endpoint};

/// A secret's own bound is 65,536 bytes; this is that in base64, and what is around it.
const LARGEST: usize = 128 * 1024;

/// What of a process's environment tells who it is at Google.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `GOOGLE_APPLICATION_CREDENTIALS`: the file of a service account's key.
    pub credentials: Option<String>,
    /// `GCE_METADATA_HOST`: where the metadata server is instead of `metadata.google.internal`.
    pub metadata_host: Option<String>,
}

impl Surroundings {
    pub fn of_this_process() -> Self {
        #[allow(clippy::disallowed_methods)]
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self { credentials: set("GOOGLE_APPLICATION_CREDENTIALS"), metadata_host: set("GCE_METADATA_HOST") }
    }
}

/// One version of one secret, as somebody.
pub struct Gcp {
    name: Name,
    at: Url,
    identity: Identity,
    way: Way,
}

#[derive(Deserialize)]
struct Accessed {
    payload: Payload,
}

/// <https://docs.cloud.google.com/secret-manager/docs/reference/rest/v1/SecretPayload>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    data: Zeroizing<String>,
    /// A 64-bit number, which JSON of Google's writes as a text.
    #[serde(default)]
    data_crc32c: Value,
}

impl Gcp {
    /// Nothing is asked yet. An empty endpoint is the usual one.
    pub fn new(secret: &str, endpoint: &str, around: &Surroundings, effects: Effects) -> Result<Self> {
        let name = Name::new(secret)?;
        let at = name.address(endpoint)?;
        let identity = Identity::of(around)?;
        Ok(Self { name, at, identity, way: Way::new(effects)? })
    }

    /// The secret's text.
    pub async fn fetch(&self) -> Result<Zeroizing<String>> {
        let token = self.identity.token(&self.way).await.with_context(|| {
            format!("keys.gcp: Google's Secret Manager cannot be asked for {}", self.name)
        })?;
        let answer = self.way.ask(&self.at, &access(&token), LARGEST).await;
        let answer = answer.with_context(|| format!("keys.gcp: {} does not come", self.name))?;
        if answer.status != StatusCode::OK {
            bail!(
                "keys.gcp: {}",
                refused::told(&self.name, self.identity.who(), answer.status, &answer.body)
            );
        }
        self.read(&answer.body)
    }

    /// Errors of the reader may quote what they read; none of them is told.
    fn read(&self, body: &[u8]) -> Result<Zeroizing<String>> {
        let damaged = |what: &str| {
            format!(
                "keys.gcp: {} came damaged: {what}. Ask again; is something between here and Google?",
                self.name
            )
        };
        let accessed: Option<Accessed> = serde_json::from_slice(body).ok();
        let Payload { data, data_crc32c } =
            accessed.with_context(|| damaged("it is not what Secret Manager answers"))?.payload;
        let bytes = STANDARD.decode(data.as_bytes()).ok().map(Zeroizing::new);
        let bytes = bytes.with_context(|| damaged("it is not base64"))?;
        let said = match &data_crc32c {
            Value::String(text) => text.parse::<u64>().ok(),
            other => other.as_u64(),
        };
        if said.with_context(|| damaged("it has no checksum"))? != u64::from(checksum::crc32c(&bytes)) {
            bail!(damaged("its checksum is another one"));
        }
        let text = std::str::from_utf8(&bytes).ok().with_context(|| damaged("it is not text"))?;
        Ok(Zeroizing::new(text.to_string()))
    }
}

fn access(token: &Token) -> Ask {
    Ask { authorization: Some(token.header()), ..Ask::GET }
}
