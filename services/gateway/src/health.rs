//! Liveness, readiness, start-up and metrics, answered before any limit.

use async_trait::async_trait;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::sync::Arc;

/// Whether the shop can serve, and what is missing when it cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    /// For a person to read: `the sample shop is being created (120 of 200 products)`.
    NotReady(String),
}

/// What the gateway asks the composition root.
#[async_trait]
pub trait Health: Send + Sync + 'static {
    async fn ready(&self) -> Readiness;
    /// Configuration read and migrations done.
    fn started(&self) -> bool;
    /// The metrics in Prometheus' text format.
    fn metrics(&self) -> String;
}

/// `/livez`, `/readyz`, `/startupz` and `/metrics` of the process.
pub fn probes(health: Arc<dyn Health>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "live\n" }))
        .route("/readyz", get(ready))
        .route("/startupz", get(started))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn ready(State(health): State<Arc<dyn Health>>) -> Response {
    match health.ready().await {
        Readiness::Ready => Json(json!({"status": "ready"})).into_response(),
        Readiness::NotReady(reason) => {
            let body = Json(json!({"status": "not_ready", "reason": reason}));
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], body).into_response()
        }
    }
}

async fn started(State(health): State<Arc<dyn Health>>) -> Response {
    if health.started() {
        "started\n".into_response()
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

async fn metrics(State(health): State<Arc<dyn Health>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], health.metrics()).into_response()
}
