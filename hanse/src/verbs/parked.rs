//! `hanse parked`: the messages that wait for another try or for the operator.

use super::by_hand::{self, Pace};
use crate::cli::{Again, By, Parked, Reach, Those};
use crate::control::Reached;
use crate::say;
use anyhow::Result;
use serde_json::{Value, json};
use std::process::ExitCode;
use uuid::Uuid;

const BASE: &str = "/control/parked";

pub async fn run(verb: Parked) -> Result<ExitCode> {
    let reach = match &verb {
        Parked::Ls { reach, .. }
        | Parked::Show { reach, .. }
        | Parked::Redrive { reach, .. }
        | Parked::Discard { reach, .. }
        | Parked::History { reach } => reach.clone(),
    };
    let shop = Reached::open_stores(&reach).await?;
    let outcome = on(&shop, &reach, verb).await;
    shop.close().await;
    outcome
}

async fn on(shop: &Reached, reach: &Reach, verb: Parked) -> Result<ExitCode> {
    match verb {
        Parked::Ls { those, .. } => ls(shop, reach, &those).await,
        Parked::Show { id, .. } => show(shop, reach, id).await,
        Parked::Redrive { again, .. } => {
            let ids = match again.all {
                true => by_hand::ids(&all_parked(shop, &again.those).await?)?,
                false => again.ids.clone(),
            };
            redrive(shop, reach, &ids, &again).await
        }
        Parked::Discard { id, reason, by, .. } => discard(shop, reach, id, &reason, &by).await,
        Parked::History { .. } => by_hand::history(shop, reach, BASE).await,
    }
}

async fn parked(shop: &Reached, those: &Those) -> Result<Value> {
    shop.get(&by_hand::path(BASE, those)).await?.ok()
}

/// Without the bound of a list that somebody reads.
async fn all_parked(shop: &Reached, those: &Those) -> Result<Value> {
    let path = by_hand::path(BASE, those);
    let joint = if path.contains('?') { '&' } else { '?' };
    shop.get(&format!("{path}{joint}all=true")).await?.ok()
}

fn print_line(item: &Value) -> Result<()> {
    let text = |key: &str| item[key].as_str().unwrap_or_default().to_string();
    let next = match item["next_at"].as_str() {
        Some(at) => format!("next try {at}"),
        None => "waits for you".into(),
    };
    say!("{}  {}  {} at {}", text("id"), text("type"), text("subject"), text("consumer"))?;
    say!("    {} (tried {} times, {next})", text("reason"), item["attempts"])
}

async fn ls(shop: &Reached, reach: &Reach, those: &Those) -> Result<ExitCode> {
    let body = parked(shop, those).await?;
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let items = body["items"].as_array().cloned().unwrap_or_default();
    items.iter().try_for_each(print_line)?;
    if items.is_empty() {
        say!("Nothing is parked.")?;
    } else {
        say!(
            "\n{} parked. `hanse parked show ID` shows one whole, `hanse parked redrive ID` tries it now.",
            items.len()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(shop: &Reached, reach: &Reach, id: Uuid) -> Result<ExitCode> {
    let body = shop.get(&format!("/control/parked/{id}")).await?.ok()?;
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for item in body["items"].as_array().into_iter().flatten() {
        print_line(item)?;
        say!("{}", serde_json::to_string_pretty(&item["message"])?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 when one is still parked afterwards.
async fn redrive(shop: &Reached, reach: &Reach, ids: &[Uuid], again: &Again) -> Result<ExitCode> {
    let (mut outcomes, dry_run) = (vec![], again.dry_run);
    let by = json!({"by": by_hand::who(&again.by)});
    let mut pace = Pace::new(again.rate.filter(|_| !dry_run), ids.len(), reach)?;
    for id in ids {
        pace.wait().await;
        let body = if dry_run {
            shop.get(&format!("/control/parked/{id}")).await?.ok()?
        } else {
            shop.post_json(&format!("/control/parked/{id}/redrive"), &by).await?.ok()?
        };
        if !reach.json {
            let handled = body["handled"] == true;
            let word = if dry_run {
                "would be tried"
            } else if handled {
                "handled"
            } else {
                "still parked"
            };
            // The work goes on also when nobody reads what became of each.
            say::heard(say!("{id}  {word}"))?;
            let mut left = body["left"].as_array().into_iter().flatten();
            say::heard(left.try_for_each(print_line))?;
        }
        outcomes.push(json!({"id": id, "outcome": body}));
        pace.done(1);
    }
    pace.over();
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&json!({"items": outcomes, "dry_run": dry_run}))?)?;
    } else if ids.is_empty() {
        say!("Nothing is parked.")?;
    }
    let all = dry_run || outcomes.iter().all(|o| o["outcome"]["handled"] == true);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn discard(shop: &Reached, reach: &Reach, id: Uuid, reason: &str, by: &By) -> Result<ExitCode> {
    let deed = json!({"reason": reason, "by": by_hand::who(by)});
    let body = shop.post_json(&format!("{BASE}/{id}/discard"), &deed).await?.ok()?;
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
    } else {
        say!("{id} is given up; `hanse parked history` says so.")?;
    }
    Ok(ExitCode::SUCCESS)
}
