//! Parked messages, for the operator: which there are, another try now, giving one up.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hanse_database::DbError;
use hanse_http::Problem;
use hanse_messaging::Consumers;
use hanse_messaging::parked::{self, Parked};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
struct Services(Arc<Vec<Consumers>>);

pub(super) fn router(consumers: Vec<Consumers>) -> Router {
    Router::new()
        .route("/control/parked", get(list))
        .route("/control/parked/{id}", get(show))
        .route("/control/parked/{id}/redrive", post(redrive))
        .route("/control/parked/{id}/discard", post(discard))
        .with_state(Services(Arc::new(consumers)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Of one service only.
    service: Option<String>,
}

fn told(service: &str, message: &Parked) -> Value {
    json!({
        "service": service,
        "consumer": message.consumer,
        "id": message.id,
        "source": message.source,
        "type": message.kind,
        "subject": message.subject,
        "reason": message.reason,
        "attempts": message.attempts,
        "parked_at": message.parked_at,
        "next_at": message.next_at,
    })
}

fn failed(e: &DbError) -> Response {
    Problem::unavailable("the store").detail(e.to_string()).into_response()
}

async fn list(State(services): State<Services>, Query(which): Query<Which>) -> Response {
    let known = |name: &str| services.0.iter().any(|consumers| consumers.service() == name);
    if let Some(name) = which.service.as_deref().filter(|name| !known(name)) {
        let problem = Problem::not_found("service");
        return problem.detail(format!("no service is called {name}; see `hanse services`")).into_response();
    }
    let mut items = vec![];
    for consumers in services.0.iter() {
        if which.service.as_deref().is_some_and(|name| name != consumers.service()) {
            continue;
        }
        match parked::list(consumers.db()).await {
            Ok(found) => items.extend(found.iter().map(|message| told(consumers.service(), message))),
            Err(e) => return failed(&e),
        }
    }
    Json(json!({"items": items})).into_response()
}

/// The message wherever it is parked; 404 when it is not.
async fn found(services: &Services, id: Uuid) -> Result<Vec<(&Consumers, Parked)>, Response> {
    let mut all = vec![];
    for consumers in services.0.iter() {
        let copies = parked::find(consumers.db(), id).await.map_err(|e| failed(&e))?;
        all.extend(copies.into_iter().map(|message| (consumers, message)));
    }
    if all.is_empty() {
        let problem = Problem::not_found("parked message");
        return Err(problem.detail("it may have been handled by now; see `hanse parked ls`").into_response());
    }
    Ok(all)
}

async fn show(State(services): State<Services>, Path(id): Path<Uuid>) -> Response {
    let all = match found(&services, id).await {
        Ok(all) => all,
        Err(response) => return response,
    };
    let whole = |(consumers, message): &(&Consumers, Parked)| {
        let mut body = told(consumers.service(), message);
        // What is stored came as JSON; should it not read, the operator sees it as it is.
        body["message"] =
            serde_json::from_str(&message.payload).unwrap_or_else(|_| Value::String(message.payload.clone()));
        body
    };
    Json(json!({"items": all.iter().map(whole).collect::<Vec<_>>()})).into_response()
}

async fn redrive(State(services): State<Services>, Path(id): Path<Uuid>) -> Response {
    let all = match found(&services, id).await {
        Ok(all) => all,
        Err(response) => return response,
    };
    for (consumers, message) in &all {
        if let Err(e) = parked::retry_one(consumers, message).await {
            return failed(&e);
        }
    }
    let mut left = vec![];
    for (consumers, _) in &all {
        match parked::find(consumers.db(), id).await {
            Ok(copies) => left.extend(copies.iter().map(|message| told(consumers.service(), message))),
            Err(e) => return failed(&e),
        }
    }
    left.dedup();
    Json(json!({"handled": left.is_empty(), "left": left})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivingUp {
    reason: String,
}

async fn discard(
    State(services): State<Services>,
    Path(id): Path<Uuid>,
    Json(giving_up): Json<GivingUp>,
) -> Response {
    let all = match found(&services, id).await {
        Ok(all) => all,
        Err(response) => return response,
    };
    for (consumers, message) in &all {
        if let Err(e) = parked::discard(consumers, message, &giving_up.reason).await {
            return failed(&e);
        }
    }
    Json(json!({"discarded": all.len()})).into_response()
}
