//! `POST /api/auth/refresh`

use crate::api::login::TokensBody;
use crate::api::{Api, body};
use axum::extract::State;
use axum::response::IntoResponse;
use hanse_http::{Caller, Json, Problem};
use hanse_kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshBody {
    #[serde(deserialize_with = "body::secret")]
    #[schema(value_type = String)]
    refresh_token: Secret,
}

/// Exchanges a refresh token, once, for a new pair. One that comes again ends the session.
#[utoipa::path(post, path = "/api/auth/refresh", request_body = RefreshBody,
    responses((status = 200, body = TokensBody)))]
pub async fn refresh(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Json(body): Json<RefreshBody>,
) -> Result<impl IntoResponse, Problem> {
    let refreshed = api.use_cases.refresh.run(&ctx, body.refresh_token).await?;
    Ok((body::NOT_STORED, Json(TokensBody::of(refreshed.access, &refreshed.refresh))))
}
