//! `GET|DELETE /api/auth/sessions`, `DELETE /api/auth/sessions/{id}`

use crate::api::{Api, logout};
use crate::application::Listed;
use axum::extract::State;
use hanse_http::{Caller, Json, Path, Problem, StatusCode};
use hanse_kernel::{SessionId, Timestamp};
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct SessionsBody {
    /// The latest first, at most 100.
    sessions: Vec<SessionBody>,
}

#[derive(Serialize, ToSchema)]
pub struct SessionBody {
    id: SessionId,
    /// `Firefox on Linux`; null where it did not say.
    device: Option<String>,
    /// `cookie`: a browser; `token`: a program.
    transport: &'static str,
    started_at: Timestamp,
    /// The one that asks.
    current: bool,
}

impl From<Listed> for SessionBody {
    fn from(listed: Listed) -> Self {
        let Listed { session, current } = listed;
        Self {
            id: session.id,
            device: session.device,
            transport: session.transport.as_str(),
            started_at: session.started_at,
            current,
        }
    }
}

/// Where one is logged in.
#[utoipa::path(get, path = "/api/auth/sessions", responses((status = 200, body = SessionsBody)))]
pub async fn list(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
) -> Result<Json<SessionsBody>, Problem> {
    let listed = api.use_cases.own_sessions.list(&ctx, logout::proofs(&api, &headers)).await?;
    Ok(Json(SessionsBody { sessions: listed.into_iter().map(Into::into).collect() }))
}

/// Logs out everywhere else.
#[utoipa::path(delete, path = "/api/auth/sessions",
    responses((status = 204, description = "All sessions but this one have ended")))]
pub async fn end_others(
    State(api): State<Api>,
    Caller(ctx): Caller,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    api.use_cases.own_sessions.end_others(&ctx, logout::proofs(&api, &headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}", params(("id" = SessionId, Path)),
    responses((status = 204, description = "It has ended")))]
pub async fn end(
    State(api): State<Api>,
    Caller(ctx): Caller,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    api.use_cases.own_sessions.end(&ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
