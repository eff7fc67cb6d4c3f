//! A log and what was told of it differ because a database was restored or moved by itself, and an operator says so: from then on the
//! log is believed as it stands. That stands in the log of the service that keeps the anchors, in the unit in which it counts.

use super::{Console, gap};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use hanse_http::Problem;
use hanse_record::Entry;
use hanse_record::anchors::{self, Gap};
use hanse_record::seal::End;
use hanse_rpc::audit::LogEnd;
use hanse_runtime::Host;
use hanse_runtime::sealing::keeper_of;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub(super) fn router(console: Arc<Console>) -> Router {
    Router::new().route("/control/audit-log/accept", post(run)).with_state(console)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    service: String,
    reason: String,
    by: String,
}

async fn run(State(console): State<Arc<Console>>, Json(asked): Json<Asked>) -> Response {
    match accept(&console, &asked).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    }
}

async fn accept(console: &Console, asked: &Asked) -> Result<Response, Problem> {
    let reason = reason(&asked.reason)?;
    let names: Vec<&'static str> = console.services.iter().map(|service| service.name).collect();
    let service = names.iter().copied().find(|name| *name == asked.service).ok_or_else(|| {
        let rule = format!("is none of {}", names.join(", "));
        Problem::validation(format!("service {rule}")).field("service", "unknown", rule)
    })?;
    let keeper = console.hosts.iter().find(|host| host.service == keeper_of(service));
    let keeper = keeper.ok_or_else(|| {
        Problem::unavailable("the store").detail(format!("that of {} is not open here", keeper_of(service)))
    })?;
    let standing = gap::standing(console, service).await;
    let standing =
        standing.map_err(|e| Problem::unavailable("the audit log").detail(e.message().to_string()))?;
    if !standing.faults.is_empty() {
        return Err(Problem::conflict(
            "log_broken",
            "The log itself is broken, which no restore and no move does",
        )
        .detail(format!(
            "{}; see docs/operations/audit.md, A breach of the log",
            standing.faults.join("; ")
        )));
    }
    let Some(gap) = standing.gap else {
        return Err(Problem::conflict("log_agrees", "There is nothing to accept")
            .detail(format!("the log of {service} is what {} was told of it", keeper.service)));
    };
    let done =
        keep(console, keeper, Accepted { service, gap: &gap, end: &standing.end, reason, by: &asked.by });
    done.await.map_err(|e| Problem::store(&e))?;
    Ok(Json(json!({
        "service": service, "keeper": keeper.service, "agrees_until": gap.after, "told_until": gap.until,
        "ends_with": standing.end.seq,
    }))
    .into_response())
}

/// Words on one line, for whoever reads the log later.
fn reason(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    let length = text.chars().count();
    if (3..=500).contains(&length) && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    let rule = "must be 3 to 500 characters on one line";
    Err(Problem::validation(format!("reason {rule}")).field("reason", "length", rule))
}

struct Accepted<'a> {
    service: &'static str,
    gap: &'a Gap,
    end: &'a LogEnd,
    reason: &'a str,
    by: &'a str,
}

async fn keep(
    console: &Console,
    keeper: &Host,
    accepted: Accepted<'_>,
) -> Result<(), hanse_database::DbError> {
    let Accepted { service, gap, end, reason, by } = accepted;
    let hash: String = end.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let entry = Entry::new("audit_log.accepted", "service", service)
        .was(json!({"agrees_until": gap.after, "told_until": gap.until}))
        .became(json!({"ends_with": end.seq, "hash": hash, "reason": reason}));
    let end = End { seq: end.seq, hash: end.hash.clone() };
    let input =
        (keeper.record.clone(), console.operator(by), entry, (gap.clone(), end, console.effects.now()));
    keeper
        .db
        .tx(input, move |tx, (record, ctx, entry, (gap, end, now))| {
            Box::pin(async move {
                anchors::accept(tx, service, gap, end, *now).await?;
                record.note(tx, ctx, entry.clone()).await
            })
        })
        .await
}
