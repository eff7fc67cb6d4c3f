//! `POST /api/auth/logout`

use crate::api::{Api, body};
use crate::application::Proofs;
use axum::extract::State;
use axum::response::IntoResponse;
use hanse_http::{Caller, Json, Problem, StatusCode};
use hanse_kernel::Secret;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub struct LogoutBody {
    #[serde(deserialize_with = "body::optional_secret", default)]
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret>,
}

/// Ends the session of the cookie, of the refresh token in the body, or of the access token.
#[utoipa::path(post, path = "/api/auth/logout", request_body = Option<LogoutBody>,
    responses((status = 204, description = "Logged out, or was not logged in")))]
pub async fn logout(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    body: Option<Json<LogoutBody>>,
) -> Result<impl IntoResponse, Problem> {
    let Json(body) = body.unwrap_or_default();
    let proofs = Proofs { refresh: body.refresh_token, ..proofs(&api, &headers) };
    api.use_cases.log_out.run(&ctx, proofs).await?;
    Ok((StatusCode::NO_CONTENT, [api.session_cookie.clear()]))
}

/// Of the session that a request comes from, as far as its head tells.
pub fn proofs(api: &Api, headers: &HeaderMap) -> Proofs {
    Proofs { cookie: api.session_cookie.read(headers), refresh: None, access: bearer(headers) }
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}
