//! Parked messages, for the operator: which there are, another try now, giving one up.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hanse_database::DbError;
use hanse_http::Problem;
use hanse_messaging::Consumers;
use hanse_messaging::acts::{self, Act, Operator, Place};
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
        .route("/control/parked/history", get(history))
        .route("/control/parked/{id}", get(show))
        .route("/control/parked/{id}/redrive", post(redrive))
        .route("/control/parked/{id}/discard", post(discard))
        .with_state(Services(Arc::new(consumers)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Of one service only.
    pub(super) service: Option<String>,
    /// With one consumer only.
    pub(super) consumer: Option<String>,
    /// Of one type only.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// Not the oldest ones of each service only.
    #[serde(default)]
    pub(super) all: bool,
}

impl Which {
    /// A problem where a service or a consumer is asked for that is not there.
    pub(super) fn check(&self, services: &[Consumers]) -> Result<(), Problem> {
        let unknown = |what, name: &str| {
            let told = format!("no {what} is called {name}; see `hanse services`");
            Err(Problem::not_found(what).detail(told))
        };
        if let Some(name) = &self.service
            && !services.iter().any(|consumers| consumers.service() == name)
        {
            return unknown("service", name);
        }
        if let Some(name) = &self.consumer
            && !services.iter().any(|consumers| consumers.by_name(name).is_some())
        {
            return unknown("consumer", name);
        }
        Ok(())
    }
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

pub(super) fn failed(e: &DbError) -> Response {
    Problem::unavailable("the store").detail(e.to_string()).into_response()
}

async fn list(State(services): State<Services>, Query(which): Query<Which>) -> Response {
    if let Err(problem) = which.check(&services.0) {
        return problem.into_response();
    }
    let mut items = vec![];
    for consumers in services.0.iter() {
        if which.service.as_deref().is_some_and(|name| name != consumers.service()) {
            continue;
        }
        let mut some =
            parked::Which { consumer: which.consumer.clone(), kind: which.kind.clone(), after: None };
        loop {
            let page = match parked::list_of(consumers.db(), some.clone()).await {
                Ok(page) => page,
                Err(e) => return failed(&e),
            };
            items.extend(page.iter().map(|message| told(consumers.service(), message)));
            some.after = page.last().map(|last| (last.parked_at, last.id));
            if !which.all || some.after.is_none() {
                break;
            }
        }
    }
    Json(json!({"items": items})).into_response()
}

async fn history(State(services): State<Services>) -> Response {
    done_by_hand(&services.0, Place::Parked).await
}

/// What operators did in one place, in all services, the newest first.
pub(super) async fn done_by_hand(services: &[Consumers], place: Place) -> Response {
    let mut all: Vec<(&str, Act)> = vec![];
    for consumers in services {
        match acts::latest(consumers.db(), place).await {
            Ok(found) => all.extend(found.into_iter().map(|act| (consumers.service(), act))),
            Err(e) => return failed(&e),
        }
    }
    all.sort_by_key(|(_, act)| std::cmp::Reverse(act.at));
    let items = all.iter().map(|(service, act)| {
        json!({
            "at": act.at,
            "who": act.who,
            "deed": act.deed,
            "service": service,
            "consumer": act.consumer,
            "id": act.message,
            "source": act.source,
            "type": act.kind,
            "subject": act.subject,
            "reason": act.reason,
        })
    });
    Json(json!({"items": items.collect::<Vec<_>>()})).into_response()
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

async fn redrive(
    State(services): State<Services>,
    Path(id): Path<Uuid>,
    Json(deed): Json<ByHand>,
) -> Response {
    let by = Operator { who: deed.by, reason: deed.reason };
    let all = match found(&services, id).await {
        Ok(all) => all,
        Err(response) => return response,
    };
    for (consumers, message) in &all {
        if let Err(e) = parked::redrive(consumers, message, &by).await {
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
struct ByHand {
    /// Who asks for it.
    by: String,
    reason: Option<String>,
}

async fn discard(
    State(services): State<Services>,
    Path(id): Path<Uuid>,
    Json(deed): Json<ByHand>,
) -> Response {
    let by = Operator { who: deed.by, reason: deed.reason };
    let all = match found(&services, id).await {
        Ok(all) => all,
        Err(response) => return response,
    };
    for (consumers, message) in &all {
        if let Err(e) = parked::discard(consumers, message, &by).await {
            return failed(&e);
        }
    }
    Json(json!({"discarded": all.len()})).into_response()
}
