//! `POST /api/store/me/erase`, `POST /api/admin/customers/{id}/erase`

use crate::api::Api;
use axum::extract::State;
use hanse_http::{Caller, Json, Path, Problem, StatusCode};
use hanse_kernel::{Secret, UserId};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseMeBody {
    #[serde(default, deserialize_with = "secret")]
    #[schema(value_type = String, format = "password", required = false)]
    password: Option<Secret>,
}

/// Neither logs nor Debug have it. It is there or not; a `null` is neither.
fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    String::deserialize(from).map(|password| Some(Secret::from(password)))
}

/// Erases one's own account with everything that names one. It cannot be taken back. Orders stay, without the person; one
/// that is on its way keeps its address until it has ended.
///
/// With the password, or `{}` within ten minutes of a login (also by a provider or a passkey) or of `POST /api/auth/step-up`: else 403
/// `step_up_required`. Who has a second factor enrolled must have shown it by then, with the password too.
#[utoipa::path(post, path = "/api/store/me/erase", request_body = EraseMeBody,
    responses((status = 202, description = "It is being erased, or was before")))]
pub async fn erase_me(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<EraseMeBody>,
) -> Result<StatusCode, Problem> {
    api.erase.me(&ctx, body.password).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Erases a customer who has asked for it. It cannot be taken back.
#[utoipa::path(post, path = "/api/admin/customers/{id}/erase", params(("id" = UserId, Path)),
    responses((status = 202, description = "It is being erased, or was before")))]
pub async fn erase_customer(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    api.erase.customer(&ctx, id).await?;
    Ok(StatusCode::ACCEPTED)
}
