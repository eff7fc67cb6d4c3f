//! `POST /api/auth/email/verification`, `POST /api/auth/email/verify`

use crate::api::{Api, body};
use axum::extract::State;
use hanse_http::{Caller, Json, Problem, StatusCode};
use hanse_kernel::Secret;
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
