//! Providers of logins: any that speaks OpenID Connect, Google among them, and Facebook, which does not.

mod facebook;
mod id_token;
mod oidc;
mod outbound;

pub use facebook::{Addresses, Facebook};
pub use oidc::Oidc;
pub use outbound::{Outbound, Reach, reach_of, roots};

use crate::application::ports::ProviderError;
use crate::domain::{EmailAddress, PersonName};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use hanse_kernel::Secret;
use hanse_kernel::personal::ExposeSecret;
use http::StatusCode;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use url::Url;

/// What is known of us at a provider.
#[derive(Debug, Clone)]
pub struct Registered {
    pub client_id: String,
    pub client_secret: Secret,
    /// Where it sends browsers back to.
    pub redirect_uri: String,
}

fn refused(why: impl Into<String>) -> ProviderError {
    ProviderError::Refused(why.into())
}

/// A 2xx answer in JSON. What else it says is not repeated, but for a code that the standard defines.
fn read<T: DeserializeOwned>(what: &str, (status, body): (StatusCode, Bytes)) -> Result<T, ProviderError> {
    if status.is_server_error() {
        return Err(ProviderError::Away(format!("{what}: {status}")));
    }
    if !status.is_success() {
        return Err(refused(format!("{what}: {status} {}", code_of(&body))));
    }
    serde_json::from_slice(&body).map_err(|e| {
        // Where it is wrong, and not what stands there: that may be somebody's.
        refused(format!("{what}: not what it should be at line {} column {}", e.line(), e.column()))
    })
}

/// The `error` of an OAuth answer (RFC 6749 section 5.2), if it is a plain word.
fn code_of(body: &Bytes) -> String {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let code = value["error"].as_str().or(value["error"]["type"].as_str()).unwrap_or_default();
    code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect()
}

fn address_of(text: &str) -> Result<Url, ProviderError> {
    Url::parse(text).map_err(|e| refused(format!("an address of its is none: {e}")))
}

/// A name as people are called here, whatever somebody wrote elsewhere.
fn name_of(text: &str) -> Option<PersonName> {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    PersonName::parse(&line).ok()
}

fn email_of(text: &str) -> Option<EmailAddress> {
    EmailAddress::parse(text).ok()
}

/// The S256 code challenge (RFC 7636 section 4.2).
fn challenge(verifier: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret()))
}

/// For `#[serde(deserialize_with = "secret")]`.
fn secret<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
    <String as serde::Deserialize>::deserialize(from).map(Secret::from)
}

/// The address of `at` with these parameters besides its own.
fn with_query(mut at: Url, pairs: &[(&str, &str)]) -> String {
    at.query_pairs_mut().extend_pairs(pairs);
    at.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into();
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_a_provider_says_is_not_repeated_but_for_its_plain_code() {
        let answer = |status, body: &str| (status, Bytes::from(body.to_string()));
        let told = |answer| read::<String>("it", answer).unwrap_err().to_string();
        let bad = StatusCode::BAD_REQUEST;
        let refused = told(answer(bad, r#"{"error": "invalid_grant", "error_description": "<script>"}"#));
        assert!(refused.ends_with("400 Bad Request invalid_grant"), "{refused}");
        assert!(!told(answer(bad, r#"{"error": "<b>\n"}"#)).contains('<'));
        assert!(!told(answer(StatusCode::OK, r#"{"secret": 1}"#)).contains("secret"));
        let away = read::<String>("it", answer(StatusCode::BAD_GATEWAY, "")).unwrap_err();
        assert!(matches!(away, ProviderError::Away(_)));
    }

    #[test]
    fn a_name_from_elsewhere_is_one_of_ours() {
        assert_eq!(name_of(" Ana\nLund ").unwrap().as_str(), "Ana Lund");
        assert_eq!(name_of(&"x".repeat(300)).unwrap().as_str().len(), 200);
        assert!(name_of("").is_none());
    }
}
