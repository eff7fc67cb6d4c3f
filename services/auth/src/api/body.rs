//! Secrets in bodies: read from and written to JSON here and nowhere else, so that neither logs nor Debug have them.

use hanse_kernel::Secret;
use hanse_kernel::personal::ExposeSecret;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, Serializer};

/// For `#[serde(deserialize_with = "body::secret")]`.
pub fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
    String::deserialize(from).map(Secret::from)
}

/// For `#[serde(deserialize_with = "body::optional_secret", default)]`.
pub fn optional_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Secret::from))
}

/// For `#[serde(serialize_with = "body::reveal", skip_serializing_if = "Option::is_none")]`, where the holder is told.
pub fn reveal<S: Serializer>(secret: &Option<Secret>, into: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => into.serialize_some(secret.expose_secret()),
        None => into.serialize_none(),
    }
}

/// As [`reveal`], of many.
pub fn reveal_all<S: Serializer>(secrets: &[Secret], into: S) -> Result<S::Ok, S::Error> {
    into.collect_seq(secrets.iter().map(ExposeSecret::expose_secret))
}

/// No cache on the way keeps an answer with a secret (RFC 6749 section 5.1).
pub const NOT_STORED: [(HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
