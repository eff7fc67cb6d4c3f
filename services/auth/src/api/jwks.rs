//! `GET /api/auth/jwks`

use crate::api::Api;
use axum::extract::State;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hanse_http::Json;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;

/// A set of public keys (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct JwksBody {
    keys: Vec<JwkBody>,
}

/// An Ed25519 public key (RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct JwkBody {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    purpose: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
}

/// Keys are published a day before they sign, so caches of a few minutes miss nothing.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The keys that access tokens verify with.
#[utoipa::path(get, path = "/api/auth/jwks", responses((status = 200, body = JwksBody)))]
pub async fn jwks(State(api): State<Api>) -> impl IntoResponse {
    let keys = api.use_cases.keep_keys.published().into_iter().map(|public| JwkBody {
        kty: "OKP",
        crv: "Ed25519",
        purpose: "sig",
        alg: "EdDSA",
        x: URL_SAFE_NO_PAD.encode(public.key),
        kid: public.kid,
    });
    ([(CACHE_CONTROL, CACHED)], Json(JwksBody { keys: keys.collect() }))
}
