//! Backups, for the operator: making one, and how far it is.

use super::Console;
use crate::backup::Backup;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hanse_http::Problem;
use hanse_record::Entry;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) fn router(console: Arc<Console>) -> Router {
    Router::new().route("/control/backup", get(progress).post(make)).with_state(console)
}

fn here(console: &Console) -> Result<Backup, Problem> {
    console.backup.clone().ok_or_else(|| {
        let told =
            "its stores are databases of a server; docs/operations/backup.md tells how those are backed up";
        Problem::validation("this shop has no data folder").detail(told)
    })
}

async fn progress(State(console): State<Arc<Console>>) -> Response {
    match here(&console) {
        Ok(backup) => Json(json!({"under_way": backup.progress()})).into_response(),
        Err(problem) => problem.into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    to: PathBuf,
    #[serde(default)]
    without_keys: bool,
}

async fn make(State(console): State<Arc<Console>>, headers: HeaderMap, Json(new): Json<New>) -> Response {
    let backup = match here(&console) {
        Ok(backup) => backup,
        Err(problem) => return problem.into_response(),
    };
    let by = headers.get(super::OPERATOR_IS).and_then(|name| name.to_str().ok()).unwrap_or_default();
    // Before it is made, so that it stands in the backup too.
    if let Err(e) = console.note(by, Entry::new("backup.begun", "shop", "shop")).await {
        return Problem::store(&e).into_response();
    }
    // Ends by itself also when nobody waits for it any more.
    let made = tokio::task::spawn_blocking(move || backup.make(&new.to, new.without_keys)).await;
    match made {
        Ok(Ok(manifest)) => Json(manifest).into_response(),
        Ok(Err(e)) => Problem::unavailable("the backup").detail(format!("{e:#}")).into_response(),
        Err(e) => Problem::unavailable("the backup").detail(e.to_string()).into_response(),
    }
}
