//! `hanse parked`: the messages that wait for another try or for the operator.

use crate::cli::{Parked, Reach};
use crate::control::Reached;
use anyhow::Result;
use serde_json::{Value, json};
use std::process::ExitCode;
use uuid::Uuid;

pub async fn run(verb: Parked) -> Result<ExitCode> {
    let reach = match &verb {
        Parked::Ls { reach, .. }
        | Parked::Show { reach, .. }
        | Parked::Redrive { reach, .. }
        | Parked::Discard { reach, .. } => reach.clone(),
    };
    let shop = Reached::open_stores(&reach).await?;
    let outcome = on(&shop, &reach, verb).await;
    shop.close().await;
    outcome
}

async fn on(shop: &Reached, reach: &Reach, verb: Parked) -> Result<ExitCode> {
    match verb {
        Parked::Ls { service, .. } => ls(shop, reach, service.as_deref()).await,
        Parked::Show { id, .. } => show(shop, reach, id).await,
        Parked::Redrive { ids, all, service, dry_run, .. } => {
            let ids = if all { listed(shop, service.as_deref()).await? } else { ids };
            redrive(shop, reach, &ids, dry_run).await
        }
        Parked::Discard { id, reason, .. } => discard(shop, reach, id, &reason).await,
    }
}

async fn parked(shop: &Reached, service: Option<&str>) -> Result<Value> {
    let of = service.map(|name| format!("?service={name}")).unwrap_or_default();
    shop.get(&format!("/control/parked{of}")).await?.ok()
}

async fn listed(shop: &Reached, service: Option<&str>) -> Result<Vec<Uuid>> {
    let body = parked(shop, service).await?;
    let items = body["items"].as_array().into_iter().flatten();
    let mut ids =
        items.map(|item| Ok(serde_json::from_value(item["id"].clone())?)).collect::<Result<Vec<_>>>()?;
    // One message may be parked with several consumers.
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    Ok(ids)
}

fn print_line(item: &Value) {
    let text = |key: &str| item[key].as_str().unwrap_or_default().to_string();
    let next = match item["next_at"].as_str() {
        Some(at) => format!("next try {at}"),
        None => "waits for you".into(),
    };
    println!("{}  {}  {} at {}", text("id"), text("type"), text("subject"), text("consumer"));
    println!("    {} (tried {} times, {next})", text("reason"), item["attempts"]);
}

async fn ls(shop: &Reached, reach: &Reach, service: Option<&str>) -> Result<ExitCode> {
    let body = parked(shop, service).await?;
    if reach.json {
        println!("{}", serde_json::to_string_pretty(&body)?);
        return Ok(ExitCode::SUCCESS);
    }
    let items = body["items"].as_array().cloned().unwrap_or_default();
    items.iter().for_each(print_line);
    if items.is_empty() {
        println!("Nothing is parked.");
    } else {
        println!(
            "\n{} parked. `hanse parked show ID` shows one whole, `hanse parked redrive ID` tries it now.",
            items.len()
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(shop: &Reached, reach: &Reach, id: Uuid) -> Result<ExitCode> {
    let body = shop.get(&format!("/control/parked/{id}")).await?.ok()?;
    if reach.json {
        println!("{}", serde_json::to_string_pretty(&body)?);
        return Ok(ExitCode::SUCCESS);
    }
    for item in body["items"].as_array().into_iter().flatten() {
        print_line(item);
        println!("{}", serde_json::to_string_pretty(&item["message"])?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 when one is still parked afterwards.
async fn redrive(shop: &Reached, reach: &Reach, ids: &[Uuid], dry_run: bool) -> Result<ExitCode> {
    let mut outcomes = vec![];
    for id in ids {
        let body = if dry_run {
            shop.get(&format!("/control/parked/{id}")).await?.ok()?
        } else {
            shop.post_json(&format!("/control/parked/{id}/redrive"), &json!({})).await?.ok()?
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
            println!("{id}  {word}");
            body["left"].as_array().into_iter().flatten().for_each(print_line);
        }
        outcomes.push(json!({"id": id, "outcome": body}));
    }
    if reach.json {
        println!("{}", serde_json::to_string_pretty(&json!({"items": outcomes, "dry_run": dry_run}))?);
    } else if ids.is_empty() {
        println!("Nothing is parked.");
    }
    let all = dry_run || outcomes.iter().all(|o| o["outcome"]["handled"] == true);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn discard(shop: &Reached, reach: &Reach, id: Uuid, reason: &str) -> Result<ExitCode> {
    let body =
        shop.post_json(&format!("/control/parked/{id}/discard"), &json!({"reason": reason})).await?.ok()?;
    if reach.json {
        println!("{}", serde_json::to_string_pretty(&body)?);
    } else {
        println!("{id} is given up; the shop's log says so.");
    }
    Ok(ExitCode::SUCCESS)
}
