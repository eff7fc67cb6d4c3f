//! `hanse audit`: does everything agree?

use crate::cli::Audit;
use crate::control::Reached;
use crate::say;
use anyhow::Result;
use std::process::ExitCode;

pub async fn run(options: &Audit) -> Result<ExitCode> {
    let shop = Reached::open(&options.reach).await?;
    let path = format!("/control/audit?rest_ms={}", options.rest.saturating_mul(1000));
    let reply = shop.get(&path).await;
    shop.close().await;
    let body = reply?.ok()?;
    let breaches = body["breaches"].as_array().cloned().unwrap_or_default();
    if options.reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
    } else {
        let count = |key: &str| body["examined"][key].as_u64().unwrap_or(0);
        say!(
            "Examined {} orders, {} reservations and {} payments at rest for {} s.",
            count("order"),
            count("reservation"),
            count("payment"),
            options.rest
        )?;
        for breach in &breaches {
            let text = |key: &str| breach[key].as_str().unwrap_or_default().to_string();
            say!(
                "\ninvariant {}: {}\n  {}\n  what to do: {}",
                breach["invariant"],
                text("subject"),
                text("detail"),
                text("remedy")
            )?;
        }
        say!("{}", if breaches.is_empty() { "Everything agrees." } else { "\nNot everything agrees." })?;
    }
    Ok(if breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
