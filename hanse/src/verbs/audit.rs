//! `hanse audit`: does everything agree?

use crate::cli::Audit;
use crate::control::Reached;
use crate::say;
use anyhow::Result;
use serde_json::Value;
use std::process::ExitCode;

/// It could not be found out.
const NOT_DONE: u8 = 2;

pub async fn run(options: &Audit) -> Result<ExitCode> {
    match examine(options).await {
        Ok(body) => tell(options, &body),
        Err(e) if e.is::<say::Unheard>() => Err(e),
        Err(e) => {
            eprintln!("hanse: {e:#}");
            Ok(ExitCode::from(NOT_DONE))
        }
    }
}

async fn examine(options: &Audit) -> Result<Value> {
    let shop = Reached::open(&options.reach).await?;
    let millis = |seconds: u64| seconds.saturating_mul(1000);
    let mut path =
        format!("/control/audit?rest_ms={}&within_ms={}", millis(options.rest), millis(options.within));
    if let Some(hours) = options.placed_within {
        path.push_str(&format!("&placed_within_ms={}", millis(hours.saturating_mul(3600))));
    }
    if options.full {
        path.push_str("&full=true");
    }
    let reply = shop.get(&path).await;
    shop.close().await;
    reply?.ok()
}

fn tell(options: &Audit, body: &Value) -> Result<ExitCode> {
    let breaches = body["breaches"].as_array().cloned().unwrap_or_default();
    let clean = body["clean"].as_bool().unwrap_or(false);
    if options.reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
    } else {
        let count = |key: &str| body["examined"][key].as_u64().unwrap_or(0);
        say!(
            "Examined {} orders, {} reservations, {} payments and {} entries of the audit log; {} orders had not been at rest for {} s.",
            count("order"),
            count("reservation"),
            count("payment"),
            count("log_entry"),
            body["moving"].as_u64().unwrap_or(0),
            options.rest
        )?;
        for breach in &breaches {
            let text = |key: &str| breach[key].as_str().unwrap_or_default().to_string();
            say!("\ninvariant {}: {}\n  {}", breach["invariant"], text("subject"), text("detail"))?;
            for row in breach["rows"].as_array().into_iter().flatten() {
                say!("  row: {}", row.as_str().unwrap_or_default())?;
            }
            say!("  what to do: {}", text("remedy"))?;
        }
        let all: u64 = body["found"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum();
        if all > breaches.len() as u64 {
            say!("\nThere are {} more breaches.", all - breaches.len() as u64)?;
        }
        say!("{}", if clean { "Everything agrees." } else { "\nNot everything agrees." })?;
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
