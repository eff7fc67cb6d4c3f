//! The broker's dead letters, for the operator: which there are, sending some back to their queues, giving some up.

use super::Console;
use super::parked::{Which, done_by_hand};
use crate::compose::rabbit_settings;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hanse_http::Problem;
use hanse_messaging::acts::{Operator, Place};
use hanse_messaging::rabbit::DeadError;
use hanse_messaging::{Consumers, DeadLetters, Letter};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// As many are listed.
const LISTED: usize = 500;
/// As many are looked through for one that is named.
const SEARCHED: usize = 10_000;

#[derive(Clone)]
struct Desk(Arc<Console>);

pub(super) fn router(console: Arc<Console>) -> Router {
    Router::new()
        .route("/control/dlq", get(list))
        .route("/control/dlq/history", get(history))
        .route("/control/dlq/redrive", post(redrive))
        .route("/control/dlq/discard", post(discard))
        .route("/control/dlq/{id}", get(show))
        .with_state(Desk(console))
}

impl Desk {
    async fn open(&self) -> Result<DeadLetters, Response> {
        let Some(settings) = rabbit_settings(&self.0.config).map_err(|e| {
            Problem::unavailable("the message broker").detail(format!("{e:#}")).into_response()
        })?
        else {
            let problem = Problem::not_found("dead-letter queue");
            let told = "messages are carried in the process here, without a broker: there is no dead-letter queue. \
                        What could not be handled is parked: see `hanse parked ls`";
            return Err(problem.detail(told).into_response());
        };
        DeadLetters::open(&settings, self.0.effects.clone()).await.map_err(|e| refused(&e))
    }

    fn consumers_of(&self, letter: &Letter) -> Option<&Consumers> {
        let service = letter.service()?;
        self.0.consumers.iter().find(|consumers| consumers.service() == service)
    }

    async fn one(&self, dead: &DeadLetters, letter: Letter, deed: &Deed) -> Result<(), DeadError> {
        let consumers = self.consumers_of(&letter);
        match deed {
            Deed::Discard { by } => dead.discard(letter, consumers, by).await,
            Deed::Redrive { by, .. } => {
                let nobody = || DeadError::Stays("nobody takes what is in its queue; it stays dead".into());
                let consumers = consumers.ok_or_else(nobody)?;
                dead.redrive(letter, consumers, by).await
            }
        }
    }
}

fn refused(e: &DeadError) -> Response {
    match e {
        DeadError::Store(e) => super::parked::failed(e),
        other => Problem::unavailable("the message broker").detail(other.to_string()).into_response(),
    }
}

fn told(letter: &Letter) -> Value {
    let envelope = letter.envelope.as_ref();
    json!({
        "id": letter.id,
        "service": letter.service(),
        "consumer": letter.consumer,
        "source": envelope.map(|e| &e.source),
        "type": envelope.map(|e| &e.kind),
        "subject": envelope.map(|e| &e.subject),
        "reason": letter.reason,
        "died_at": letter.died_at,
        "bytes": letter.body.len(),
    })
}

fn wanted(which: &Which, letter: &Letter) -> bool {
    let is = |asked: &Option<String>, found: Option<&str>| asked.is_none() || asked.as_deref() == found;
    is(&which.service, letter.service())
        && is(&which.consumer, letter.consumer.as_deref())
        && is(&which.kind, letter.envelope.as_ref().map(|e| e.kind.as_str()))
}

async fn list(State(desk): State<Desk>, Query(which): Query<Which>) -> Response {
    if let Err(problem) = which.check(&desk.0.consumers) {
        return problem.into_response();
    }
    let dead = match desk.open().await {
        Ok(dead) => dead,
        Err(response) => return response,
    };
    let found = dead.look(SEARCHED).await;
    dead.close().await;
    match found {
        Ok(letters) => {
            let items: Vec<Value> =
                letters.iter().filter(|l| wanted(&which, l)).take(LISTED).map(told).collect();
            Json(json!({"items": items})).into_response()
        }
        Err(e) => refused(&e),
    }
}

async fn show(State(desk): State<Desk>, Path(id): Path<Uuid>) -> Response {
    let dead = match desk.open().await {
        Ok(dead) => dead,
        Err(response) => return response,
    };
    let found = dead.look(SEARCHED).await;
    dead.close().await;
    let letters = match found {
        Ok(letters) => letters,
        Err(e) => return refused(&e),
    };
    let whole = |letter: &Letter| {
        let mut body = told(letter);
        let text = String::from_utf8_lossy(&letter.body);
        body["message"] = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()));
        body
    };
    let items: Vec<Value> = letters.iter().filter(|letter| letter.id == id).map(whole).collect();
    if items.is_empty() { gone() } else { Json(json!({"items": items})).into_response() }
}

fn gone() -> Response {
    Problem::not_found("dead letter").detail("see `hanse dlq ls` for those there are").into_response()
}

async fn history(State(desk): State<Desk>) -> Response {
    done_by_hand(&desk.0.consumers, Place::Dead).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Redrive {
    ids: BTreeSet<Uuid>,
    by: String,
    /// At most so many a second.
    rate: Option<f64>,
}

/// What became of each: done, or why it stays.
async fn redrive(State(desk): State<Desk>, Json(asked): Json<Redrive>) -> Response {
    let pause = asked.rate.filter(|rate| *rate > 0.0).map(|rate| Duration::from_secs_f64(1.0 / rate));
    let by = Operator { who: asked.by, reason: None };
    work(&desk, &asked.ids, &Deed::Redrive { by, pause }).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Discard {
    ids: BTreeSet<Uuid>,
    by: String,
    reason: String,
}

async fn discard(State(desk): State<Desk>, Json(asked): Json<Discard>) -> Response {
    let by = Operator { who: asked.by, reason: Some(asked.reason) };
    work(&desk, &asked.ids, &Deed::Discard { by }).await
}

enum Deed {
    Redrive {
        by: Operator,
        /// Between two letters.
        pause: Option<Duration>,
    },
    Discard {
        by: Operator,
    },
}

/// Does it to each of the letters; 404 when none of them is there.
async fn work(desk: &Desk, ids: &BTreeSet<Uuid>, deed: &Deed) -> Response {
    let dead = match desk.open().await {
        Ok(dead) => dead,
        Err(response) => return response,
    };
    let outcome = each(desk, &dead, ids, deed).await;
    dead.close().await;
    match outcome {
        Ok(items) if items.is_empty() => gone(),
        Ok(items) => Json(json!({"items": items})).into_response(),
        Err(e) => refused(&e),
    }
}

async fn each(
    desk: &Desk,
    dead: &DeadLetters,
    ids: &BTreeSet<Uuid>,
    deed: &Deed,
) -> Result<Vec<Value>, DeadError> {
    let mut items = vec![];
    for letter in dead.look(SEARCHED).await?.into_iter().filter(|letter| ids.contains(&letter.id)) {
        if let Deed::Redrive { pause: Some(pause), .. } = deed
            && !items.is_empty()
        {
            desk.0.effects.timers.sleep(*pause).await;
        }
        let mut item = told(&letter);
        let stays = match desk.one(dead, letter, deed).await {
            Ok(()) => None,
            Err(DeadError::Stays(why)) => Some(why),
            Err(other) => return Err(other),
        };
        item["done"] = stays.is_none().into();
        item["stays"] = stays.into();
        items.push(item);
    }
    Ok(items)
}
