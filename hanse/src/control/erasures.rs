//! Who was erased, for the operator: page by page, and once more.

use super::Console;
use crate::erasures::{self, AT_ONCE, Erased};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hanse_http::Problem;
use hanse_kernel::{Ctx, Timestamp, UserId};
use hanse_rpc::{OPERATOR, RpcError};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub(super) fn router(console: Arc<Console>) -> Router {
    Router::new().route("/control/erasures", get(list).post(repeat)).with_state(console)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Not those of whom all were told since: whoever tells them again meets each of them once.
    until: Option<Timestamp>,
    after: Option<UserId>,
}

async fn list(State(console): State<Arc<Console>>, Query(asked): Query<Asked>) -> Response {
    let ctx = Ctx::background(OPERATOR, console.effects.ids.uuid());
    let until = asked.until.unwrap_or_else(|| console.effects.now());
    let by = (&ctx, &*console.effects.clock);
    match erasures::list(&console.network, by, until, asked.after).await {
        Ok((erased, next)) => Json(json!({"erased": erased, "next": next, "until": until})).into_response(),
        Err(e) => refused(e),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    erased: Vec<Erased>,
    look_only: bool,
}

async fn repeat(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    Json(again): Json<Again>,
) -> Response {
    if again.erased.len() > AT_ONCE {
        return Problem::validation(format!("erased: at most {AT_ONCE} people at once")).into_response();
    }
    let by = headers.get(super::OPERATOR_IS).and_then(|name| name.to_str().ok()).unwrap_or_default();
    let ctx = console.operator(by);
    let by = (&ctx, &*console.effects.clock);
    match erasures::repeat(&console.network, by, &again.erased, again.look_only).await {
        Ok(repeated) => Json(repeated).into_response(),
        Err(e) => refused(e),
    }
}

fn refused(error: RpcError) -> Response {
    match error {
        RpcError::Refused { message, .. } => Problem::validation(message).into_response(),
        e @ RpcError::Unavailable { .. } => {
            Problem::unavailable("user").detail(e.to_string()).into_response()
        }
    }
}
