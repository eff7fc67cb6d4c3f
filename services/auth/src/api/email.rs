//! `POST /api/auth/email/{verification,verify,change,confirm}`

use crate::api::{Api, body};
use axum::extract::State;
use hanse_http::{Caller, Json, Problem, StatusCode};
use hanse_kernel::{Personal, Secret};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyBody {
    /// As it stands in the mailed link, after `#token=`.
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    token: Secret,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmailBody {
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String, format = "password")]
    current_password: Secret,
    #[schema(format = "email", max_length = 254)]
    email: String,
}

/// Mails the link that proves one's address once more; not more often than five times an hour.
#[utoipa::path(post, path = "/api/auth/email/verification",
    responses((status = 202, description = "It is mailed, unless the address is verified")))]
pub async fn ask_verification(State(api): State<Api>, Caller(ctx): Caller) -> Result<StatusCode, Problem> {
    api.use_cases.links.ask_verification.run(&ctx).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Proves an address with a mailed link, once.
#[utoipa::path(post, path = "/api/auth/email/verify", request_body = VerifyBody,
    responses((status = 204, description = "The address is verified")))]
pub async fn verify(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<VerifyBody>,
) -> Result<StatusCode, Problem> {
    api.use_cases.links.verify_email.run(&ctx, body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for another address. A link is mailed to it, which makes it the account's; the present one is told. The answer is the
/// same when somebody else has the address.
#[utoipa::path(post, path = "/api/auth/email/change", request_body = ChangeEmailBody,
    responses((status = 202, description = "The new address is written to")))]
pub async fn ask_change(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<ChangeEmailBody>,
) -> Result<StatusCode, Problem> {
    let email = Personal::guest(body.email);
    api.use_cases.links.ask_email_change.run(&ctx, body.current_password, email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Makes the address that the link was mailed to the account's, once. It is verified by that.
#[utoipa::path(post, path = "/api/auth/email/confirm", request_body = VerifyBody,
    responses((status = 204, description = "The account has the new address")))]
pub async fn confirm_change(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<VerifyBody>,
) -> Result<StatusCode, Problem> {
    api.use_cases.links.change_email.run(&ctx, body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
