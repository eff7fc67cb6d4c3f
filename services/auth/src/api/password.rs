//! `POST /api/auth/password`, `POST /api/auth/password/forgot`, `POST /api/auth/password/reset`

use crate::api::{Api, body, logout};
use crate::domain::device;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use hanse_http::{Caller, Json, Problem, StatusCode};
use hanse_kernel::{Personal, Secret};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgotBody {
    #[schema(format = "email", max_length = 254)]
    email: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetBody {
    /// As it stands in the mailed link, after `#token=`.
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    token: Secret,
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    password: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordBody {
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String, format = "password")]
    current_password: Secret,
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    password: Secret,
}

/// Mails a link to a new password. The answer is the same when the address has no account.
#[utoipa::path(post, path = "/api/auth/password/forgot", request_body = ForgotBody,
    responses((status = 202, description = "If the address has an account, it is written to")))]
pub async fn forgot(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<ForgotBody>,
) -> Result<StatusCode, Problem> {
    api.use_cases.links.ask_reset.run(&ctx, Personal::guest(body.email)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new password with a mailed link, once. All sessions of the person end. A cookie comes along, by which a browser, or a program
/// that sends it, is known at the login that follows: guesses of others do not count against it.
#[utoipa::path(post, path = "/api/auth/password/reset", request_body = ResetBody,
    responses((status = 204, description = "The new password is good")))]
pub async fn reset(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<ResetBody>,
) -> Result<impl IntoResponse, Problem> {
    let known_by = api.use_cases.links.reset_password.run(&ctx, body.token, body.password).await?;
    let cookie = api.device_cookie.set(known_by.secret(), device::KEPT);
    Ok((StatusCode::NO_CONTENT, AppendHeaders([cookie])))
}

/// Changes the password of whoever is logged in and knows the old one. Their other sessions end.
#[utoipa::path(post, path = "/api/auth/password", request_body = ChangePasswordBody,
    responses((status = 204, description = "The new password is good")))]
pub async fn change(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Json(body): Json<ChangePasswordBody>,
) -> Result<impl IntoResponse, Problem> {
    let proofs = logout::proofs(&api, &headers);
    api.use_cases.change_password.run(&ctx, proofs, body.current_password, body.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
