//! `hanse services`: what runs here, where it keeps its data, which messages it takes.

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
        for pair in service["takes"].as_array().into_iter().flatten() {
            say!(
                "{:<13}   takes {} ({})",
                "",
                pair[0].as_str().unwrap_or_default(),
                pair[1].as_str().unwrap_or_default()
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
