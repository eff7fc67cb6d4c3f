//! `hanse services`: what there is, where it keeps its data, which messages it takes and sends.

use crate::cli::Reach;
use crate::control::Reached;
use crate::say;
use anyhow::Result;
use std::process::ExitCode;

pub async fn run(reach: &Reach) -> Result<ExitCode> {
    let shop = Reached::open(reach).await?;
    let reply = shop.get("/control/services").await;
    shop.close().await;
    let body = reply?.ok()?;
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for service in body["items"].as_array().into_iter().flatten() {
        let text = |key: &str| service[key].as_str().unwrap_or_default().to_string();
        say!("{:<13} {:>3} routes   {}", text("name"), service["routes"], text("store"))?;
        for taken in service["takes"].as_array().into_iter().flatten() {
            let text = |key: &str| taken[key].as_str().unwrap_or_default().to_string();
            say!("{:<13}   takes {} ({})", "", text("type"), text("consumer"))?;
        }
        for sent in service["sends"].as_array().into_iter().flatten() {
            say!("{:<13}   sends {}", "", sent.as_str().unwrap_or_default())?;
        }
        for answered in service["answers"].as_array().into_iter().flatten() {
            let callers = answered["callers"].as_array().into_iter().flatten().filter_map(|c| c.as_str());
            let callers: Vec<&str> = callers.collect();
            let method = answered["method"].as_str().unwrap_or_default();
            say!("{:<13}   answers {} of {method}", "", callers.join(", "))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
