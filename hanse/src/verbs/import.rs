//! `hanse import`: a merchant's file becomes goods, with a report to act on.

use crate::cli::Import;
use crate::control::Reached;
use crate::say;
use anyhow::{Context, Result};
use bytes::Bytes;
use http::Request;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

const BOUNDARY: &str = "hanse-import-9f2c61d07b";

pub async fn run(options: &Import) -> Result<ExitCode> {
    let (name, bytes) = match &options.file {
        Some(file) => {
            let read = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
            (file.file_name().map(|n| n.to_string_lossy().replace('"', "_")).unwrap_or_default(), read)
        }
        None => ("sample-shop.csv".to_string(), hanse_sample::shopify_csv().into_bytes()),
    };
    let shop = Reached::open(&options.reach).await?;
    let outcome = import(&shop, options, &name, &bytes).await;
    shop.close().await;
    let report = outcome?;
    if options.reach.json {
        say!("{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        tell(&report, options.dry_run)?;
    }
    let done = report["status"] == "done";
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn import(shop: &Reached, options: &Import, name: &str, bytes: &[u8]) -> Result<Value> {
    let started = shop.call(upload(options, name, bytes)?).await?.ok()?;
    let id = started["id"].as_str().context("the shop did not name the import")?.to_string();
    let bar = bar();
    loop {
        let report = shop.get(&format!("/api/admin/imports/{id}")).await?.ok()?;
        advance(&bar, &report);
        if report["status"] != "running" {
            bar.finish_and_clear();
            return Ok(report);
        }
        pause().await;
    }
}

/// The verb runs in the real world, outside any service.
#[allow(clippy::disallowed_methods)]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // Until the file has been read nobody knows how long it is.
    ProgressBar::no_length().with_style(
        ProgressStyle::with_template("{spinner} reading the file  {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    )
}

/// The bar with how far the import is.
fn advance(bar: &ProgressBar, report: &Value) {
    let count = |key: &str| report[key].as_u64().unwrap_or(0);
    if bar.length().is_none() && count("rows_total") > 0 {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} rows  {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_length(count("rows_total"));
    }
    bar.set_position(count("rows_done"));
    bar.tick();
}

fn upload(options: &Import, name: &str, bytes: &[u8]) -> Result<Request<Bytes>> {
    let mut fields = vec![("format", options.format.clone()), ("dry_run", options.dry_run.to_string())];
    if let Some(currency) = &options.currency {
        fields.push(("currency", currency.to_ascii_uppercase()));
    }
    let mut body = vec![];
    for (key, value) in fields {
        let part =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    Ok(Request::builder()
        .method("POST")
        .uri("/api/admin/imports")
        .header("content-type", kind)
        .body(body.into())?)
}

/// The report for a merchant: what happened, then what needs them.
fn tell(report: &Value, dry_run: bool) -> Result<()> {
    let count = |what: &str, kind: &str| report[what][kind].as_u64().unwrap_or(0);
    if report["status"] != "done" {
        say!("The file was not imported.")?;
    }
    let would = if dry_run { "Would be (nothing was changed): " } else { "" };
    for what in ["products", "variants"] {
        say!(
            "{would}{what}: {} created, {} updated, {} unchanged, {} skipped",
            count(what, "created"),
            count(what, "updated"),
            count(what, "unchanged"),
            count(what, "skipped")
        )?;
    }
    let problems = report["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
    if problems.is_empty() {
        say!("No problems.")?;
    }
    for problem in problems {
        let text = |key: &str| problem[key].as_str().unwrap_or_default();
        let place = match (problem["line"].as_u64(), text("column")) {
            (Some(line), "") => format!("line {line}"),
            (Some(line), column) => format!("line {line}, {column}"),
            (None, column) => column.to_string(),
        };
        let value = if text("value").is_empty() { String::new() } else { format!(" «{}»", text("value")) };
        say!("{:<7} {place}: {}{value}\n        {}", text("severity"), text("code"), text("hint"))?;
    }
    Ok(())
}
