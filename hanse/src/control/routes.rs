//! What the control socket answers beside the whole API: audit, services, people. Whoever reaches the socket owns the
//! data folder, so every call is made with all permissions.

use super::Console;
use crate::audit::{self, Scope, Sight};
use crate::config::SecretUrl;
use axum::extract::{FromRequest, Query, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hanse_auth_contract::rpc::CreateStaffRequest;
use hanse_auth_contract::rpc::accounts_client::AccountsClient;
use hanse_http::{Authenticated, Problem};
use hanse_kernel::{Actor, Ctx, Permission, Proof, UserId, Whence};
use hanse_rpc::{OPERATOR, RpcError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn router(console: Console) -> Router {
    let (api, parked) = (console.api.clone(), super::parked::router(console.consumers.clone()));
    let console = Arc::new(console);
    let dead = super::dead::router(console.clone());
    let reconcile = super::reconcile::router(console.clone());
    let backup = super::backup::router(console.clone());
    let erasures = super::erasures::router(console.clone());
    let accept = super::accept::router(console.clone());
    Router::new()
        .route("/control/services", get(services))
        .route("/control/config", get(config))
        .route("/control/audit", get(run_audit))
        .route("/control/staff", post(create_staff))
        .with_state(console)
        .merge(parked)
        .merge(dead)
        .merge(backup)
        .merge(erasures)
        .merge(accept)
        .merge(reconcile)
        .merge(Router::new().fallback_service(api.layer(from_fn(as_owner))))
}

/// Whoever holds the folder may do everything; the nil user stands for the operator in histories.
async fn as_owner(mut request: Request, next: Next) -> Response {
    let permissions = Arc::new(Permission::ALL.into_iter().collect());
    let whence = whence(&request);
    request.extensions_mut().insert(whence);
    request.extensions_mut().insert(Authenticated(
        Actor::Staff { user: UserId::new(uuid::Uuid::nil()), permissions },
        Proof::Recent,
    ));
    next.run(request).await
}

/// Who is at the command line.
fn whence(request: &Request) -> Whence {
    let operator = request.headers().get(super::OPERATOR_IS).and_then(|name| name.to_str().ok());
    Whence { operator: operator.map(Into::into), ..Whence::default() }
}

async fn services(State(control): State<Arc<Console>>) -> Response {
    let config = &control.config;
    Json(json!({
        "items": control.services,
        // In front of all of them; it keeps nothing and neither takes nor sends messages.
        "gateway": {"port": config.server.listen.port(), "redis": true},
        // Shared by all, each with the names that begin with its prefix; without logins. None: there is none.
        "broker": shared(&config.broker.url, &config.broker.prefix),
        "redis": shared(&config.redis.url, &config.redis.prefix),
        // Of every process: probes and metrics.
        "admin": {"port": config.admin.listen.port()},
    }))
    .into_response()
}

fn shared(url: &SecretUrl, prefix: &str) -> Option<Value> {
    (!url.is_empty()).then(|| json!({"url": url, "prefix": prefix}))
}

async fn config(State(control): State<Arc<Console>>) -> Response {
    Json(&control.config).into_response()
}

#[derive(Deserialize)]
struct AuditQuery {
    rest_ms: u64,
    /// None: as long as it takes.
    within_ms: Option<u64>,
    /// None: all orders.
    placed_within_ms: Option<u64>,
    /// Of the audit logs everything.
    #[serde(default)]
    full: bool,
}

async fn run_audit(State(control): State<Arc<Console>>, Query(query): Query<AuditQuery>) -> Response {
    let mut scope = Scope::all(Duration::from_millis(query.rest_ms.min(3_600_000)));
    if query.full {
        scope.log = audit::Reach::Whole;
    }
    scope.placed_within = query.placed_within_ms.map(Duration::from_millis);
    scope.within = query.within_ms.map_or(scope.within, Duration::from_millis);
    let names: Vec<&'static str> = control.services.iter().map(|s| s.name).collect();
    match audit::look(Sight::new(&control.network, &names, &control.effects, OPERATOR), scope).await {
        Ok(report) => Json(report).into_response(),
        Err(e) => Problem::unavailable("the audit").detail(e.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStaff {
    email: String,
    /// Empty: generate one.
    password: String,
    role: String,
}

async fn create_staff(State(control): State<Arc<Console>>, request: Request) -> Response {
    let mut ctx = Ctx::background("hanse", control.effects.ids.uuid());
    ctx.whence = Some(Arc::new(whence(&request)));
    let new = match Json::<NewStaff>::from_request(request, &()).await {
        Ok(Json(new)) => new,
        Err(refusal) => return refusal.into_response(),
    };
    let ask =
        CreateStaffRequest { email: new.email, password: new.password, role: new.role, ..Default::default() };
    let request = hanse_rpc::request(&ctx, &*control.effects.clock, ask);
    match AccountsClient::new(control.network.link("auth")).create_staff(request).await {
        Ok(reply) => {
            let reply = reply.into_inner();
            let generated = Some(reply.generated_password).filter(|p| !p.is_empty());
            Json(json!({"user_id": reply.user_id, "password": generated})).into_response()
        }
        Err(status) => match RpcError::from_status("auth", status) {
            RpcError::Refused { message, .. } => Problem::validation(message).into_response(),
            e @ RpcError::Unavailable { .. } => {
                Problem::unavailable("auth").detail(e.to_string()).into_response()
            }
        },
    }
}
