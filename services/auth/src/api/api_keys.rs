//! `/api/admin/api-keys`: keys for the merchant's programs.

use super::live::Live;
use crate::api::{Api, body};
use crate::domain::ApiKey;
use axum::extract::State;
use axum::response::IntoResponse;
use hanse_http::{Caller, Json, Path, Problem, StatusCode};
use hanse_kernel::{Secret, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct ApiKeyBody {
    /// The beginning of the key itself, to tell keys apart by.
    id: String,
    name: String,
    permissions: Vec<&'static str>,
    created_by: UserId,
    created_at: Timestamp,
    /// Within a minute.
    last_used_at: Option<Timestamp>,
    /// The key itself: told this once, stored nowhere.
    #[serde(serialize_with = "body::reveal", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    key: Option<Secret>,
}

impl ApiKeyBody {
    fn of(key: ApiKey, secret: Option<Secret>) -> Self {
        Self {
            permissions: key.permissions.iter().map(|p| p.as_str()).collect(),
            id: key.id,
            name: key.name,
            created_by: key.owner,
            created_at: key.created_at,
            last_used_at: key.last_used_at,
            key: secret,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ApiKeysBody {
    /// The newest first; a shop has at most 200.
    items: Vec<ApiKeyBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKeyBody {
    /// What it is for.
    #[schema(max_length = 100)]
    name: String,
    /// As listed by `GET /api/admin/roles`; none beyond one's own.
    permissions: Vec<String>,
}

/// Lists the shop's keys.
#[utoipa::path(get, path = "/api/admin/api-keys", responses((status = 200, body = ApiKeysBody)))]
pub async fn list_api_keys(State(api): State<Api>) -> Result<Json<ApiKeysBody>, Problem> {
    let keys = api.use_cases.api_keys.list().await?;
    Ok(Json(ApiKeysBody { items: keys.into_iter().map(|key| ApiKeyBody::of(key, None)).collect() }))
}

/// Makes a key. It is sent as `Authorization: Bearer hak_…`, and may do what it names as long as whoever made it may.
#[utoipa::path(post, path = "/api/admin/api-keys", request_body = NewApiKeyBody,
    responses((status = 201, body = ApiKeyBody)))]
pub async fn create_api_key(
    State(api): State<Api>,
    Live(ctx): Live,
    Json(body): Json<NewApiKeyBody>,
) -> Result<impl IntoResponse, Problem> {
    let (key, token) = api.use_cases.api_keys.create(&ctx, &body.name, &body.permissions).await?;
    let told = ApiKeyBody::of(key, Some(token.secret().clone()));
    Ok((StatusCode::CREATED, body::NOT_STORED, Json(told)))
}

/// Withdraws a key. Within 20 seconds nothing takes it any more.
#[utoipa::path(delete, path = "/api/admin/api-keys/{id}", params(("id" = String, Path)),
    responses((status = 204, description = "It is withdrawn")))]
pub async fn withdraw_api_key(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    api.use_cases.api_keys.withdraw(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
