//! `hanse dlq`: the broker's dead letters.

use super::by_hand::{self, Pace};
use crate::cli::{Again, Dlq, Reach, Those};
use crate::control::Reached;
use crate::say;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::ExitCode;
use uuid::Uuid;

const BASE: &str = "/control/dlq";
/// So many are worked on with one visit to the broker.
const AT_ONCE: usize = 100;

pub async fn run(verb: Dlq) -> Result<ExitCode> {
    let reach = match &verb {
        Dlq::Ls { reach, .. }
        | Dlq::Show { reach, .. }
        | Dlq::Redrive { reach, .. }
        | Dlq::Discard { reach, .. }
        | Dlq::History { reach } => reach.clone(),
    };
    // Who did what is kept in the services' own stores.
    let shop = Reached::open_stores(&reach).await?;
    let outcome = on(&shop, &reach, verb).await;
    shop.close().await;
    outcome
}

async fn on(shop: &Reached, reach: &Reach, verb: Dlq) -> Result<ExitCode> {
    match verb {
        Dlq::Ls { those, .. } => ls(shop, reach, &those).await,
        Dlq::Show { id, .. } => show(shop, reach, id).await,
        Dlq::Redrive { again, .. } => redrive(shop, reach, &again).await,
        Dlq::Discard { ids, reason, by, .. } => {
            let asked = json!({"ids": ids, "by": by_hand::who(&by), "reason": reason});
            let body = shop.post_json(&format!("{BASE}/discard"), &asked).await?.ok()?;
            tell(reach, &body, "given up")
        }
        Dlq::History { .. } => by_hand::history(shop, reach, BASE).await,
    }
}

fn print_line(item: &Value) -> Result<()> {
    let text = |key: &str| item[key].as_str().unwrap_or("-").to_string();
    let at = text("died_at");
    say!("{}  {}  {} at {}", text("id"), text("type"), text("subject"), text("consumer"))?;
    say!("    {} ({at}, {} bytes)", text("reason"), item["bytes"])
}

async fn ls(shop: &Reached, reach: &Reach, those: &Those) -> Result<ExitCode> {
    let body = shop.get(&by_hand::path(BASE, those)).await?.ok()?;
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let items = body["items"].as_array().cloned().unwrap_or_default();
    items.iter().try_for_each(print_line)?;
    if items.is_empty() {
        say!("Nothing is dead.")?;
    } else {
        say!(
            "\n{} dead. `hanse dlq show ID` shows one whole, `hanse dlq redrive ID` sends it back.",
            items.len()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(shop: &Reached, reach: &Reach, id: Uuid) -> Result<ExitCode> {
    let body = shop.get(&format!("{BASE}/{id}")).await?.ok()?;
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for item in body["items"].as_array().into_iter().flatten() {
        print_line(item)?;
        // What is no JSON is shown as the text that it may be.
        match &item["message"] {
            Value::String(text) => say!("{text}")?,
            message => say!("{}", serde_json::to_string_pretty(message)?)?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 when one of them stays.
async fn redrive(shop: &Reached, reach: &Reach, again: &Again) -> Result<ExitCode> {
    if again.dry_run {
        let body = shop.get(&by_hand::path(BASE, &again.those)).await?.ok()?;
        let named: BTreeSet<String> = again.ids.iter().map(Uuid::to_string).collect();
        let asked = |item: &&Value| again.all || item["id"].as_str().is_some_and(|id| named.contains(id));
        let items: Vec<Value> =
            body["items"].as_array().into_iter().flatten().filter(asked).cloned().collect();
        return would(reach, &items);
    }
    let (mut items, mut tried) = (vec![], BTreeSet::new());
    loop {
        // More than one list holds may be dead. What dies again meanwhile is not sent a second time.
        let mut ids = match again.all {
            true => by_hand::ids(&shop.get(&by_hand::path(BASE, &again.those)).await?.ok()?)?,
            false => again.ids.clone(),
        };
        ids.retain(|id| tried.insert(*id));
        if ids.is_empty() {
            break;
        }
        let mut pace = Pace::new(again.rate, ids.len(), reach)?;
        for some in ids.chunks(AT_ONCE) {
            pace.wait().await;
            let asked = json!({"ids": some, "by": by_hand::who(&again.by), "rate": again.rate});
            let reply = shop.post_json(&format!("{BASE}/redrive"), &asked).await?;
            // Somebody else may have been faster, unless they were named.
            if !(again.all && reply.status == http::StatusCode::NOT_FOUND) {
                items.extend(reply.ok()?["items"].as_array().cloned().unwrap_or_default());
            }
            pace.done(some.len());
        }
        pace.over();
    }
    tell(reach, &json!({"items": items, "dry_run": false}), "sent back")
}

fn would(reach: &Reach, items: &[Value]) -> Result<ExitCode> {
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&json!({"items": items, "dry_run": true}))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for item in items {
        let fit =
            if item["type"].is_string() { "would be sent back" } else { "is no message and would stay" };
        say!("{}  {fit}", item["id"].as_str().unwrap_or_default())?;
    }
    if items.is_empty() {
        say!("Nothing of that is dead.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(reach: &Reach, body: &Value, done: &str) -> Result<ExitCode> {
    let items = body["items"].as_array().cloned().unwrap_or_default();
    if reach.json {
        say!("{}", serde_json::to_string_pretty(body)?)?;
    } else {
        for item in &items {
            let what = item["stays"].as_str().unwrap_or(done);
            say!("{}  {what}", item["id"].as_str().unwrap_or_default())?;
        }
        if items.is_empty() {
            say!("Nothing is dead.")?;
        }
    }
    let all = items.iter().all(|item| item["done"] == true);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
