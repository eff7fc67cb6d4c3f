//! `hanse reconcile`: a restored shop and its payment provider, and services that were restored to different moments.

use super::by_hand::who;
use crate::backup::Restored;
use crate::cli::Reconcile;
use crate::control::Reached;
use crate::say;
use anyhow::{Context, Result, bail};
use hanse_kernel::Timestamp;
use hanse_runtime::{Tasks, TokioTimers};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// It could not be found out.
const NOT_DONE: u8 = 2;
/// Clocks of machines differ, and what was under way at the moment of the backup was begun before it.
const MARGIN: Duration = Duration::from_secs(3600);

pub async fn run(options: &Reconcile) -> Result<ExitCode> {
    match reconcile(options).await {
        Ok(report) => tell(options, &report),
        Err(e) => {
            eprintln!("hanse: {e:#}");
            Ok(ExitCode::from(NOT_DONE))
        }
    }
}

async fn reconcile(options: &Reconcile) -> Result<Value> {
    let since = since(options)?;
    let shop = Reached::open_stores(&options.reach).await?;
    let body = json!({
        "since": since,
        "apply": options.apply,
        "by": who(&options.by),
        "rest_ms": options.rest.saturating_mul(1000),
    });
    let reply = shop.post_json("/control/reconcile", &body).await;
    shop.close().await;
    reply?.ok()
}

fn since(options: &Reconcile) -> Result<Timestamp> {
    if let Some(text) = &options.since {
        let now = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new()).now();
        return when(text, now);
    }
    let restored = match options.reach.league {
        Some(_) => None,
        None => Restored::of(&options.reach.data).context("say --since")?,
    };
    let Some(restored) = restored else {
        bail!(
            "say with --since how far to look back: to the earliest moment that anything was restored to, such as 36h"
        );
    };
    Ok(restored.taken_at.minus(MARGIN))
}

/// `90m`, `36h`, `7d` before now, or a time.
fn when(text: &str, now: Timestamp) -> Result<Timestamp> {
    let ago = |unit: char, seconds: u64| {
        let count: u64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(now.minus(Duration::from_secs(count.checked_mul(seconds)?)))
    };
    if let Some(time) = ago('m', 60).or_else(|| ago('h', 3600)).or_else(|| ago('d', 86_400)) {
        return Ok(time);
    }
    serde_json::from_value(Value::String(text.into())).map_err(|_| {
        anyhow::anyhow!("--since: {text:?} is neither a span such as 90m, 36h or 7d nor a time such as 2026-03-01T08:00:00Z")
    })
}

fn tell(options: &Reconcile, report: &Value) -> Result<ExitCode> {
    let settled = report["settled"].as_bool().unwrap_or(false);
    let code = if settled { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if options.reach.json {
        say!("{}", serde_json::to_string_pretty(report)?)?;
        return Ok(code);
    }
    let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_string();
    say!(
        "Compared {} authorisations with the provider's books, since {}.",
        report["compared"],
        text(report, "since")
    )?;
    for provider in list("unread") {
        say!("The books of {provider} cannot be read by a program: compare with its own statement.")?;
    }
    for d in list("differences") {
        let done = match (d["done"].as_bool(), d["by_hand"].as_bool()) {
            (Some(true), _) => "done",
            (_, Some(true)) => "by hand",
            _ if text(&d, "kind") == "let_go" || text(&d, "kind") == "under_way" => "by itself",
            _ => "with --apply",
        };
        say!("\n{} {}: {}", text(&d, "order_id"), text(&d, "payment_id"), text(&d, "kind"))?;
        say!("  {}\n  {done}: {}", text(&d, "detail"), text(&d, "remedy"))?;
    }
    for lost in list("lost_orders") {
        let done = if options.apply { "let go" } else { "with --apply it is let go" };
        let stock = if lost["stock"].as_bool() == Some(true) { "stock and " } else { "" };
        let payments = lost["payments"].as_array().map_or(0, Vec::len);
        say!(
            "\n{}: there is no such order, but {stock}{payments} payments are kept for it: {done}",
            text(&lost, "order")
        )?;
    }
    if let Some(undecided) = report["undecided"].as_u64().filter(|orders| *orders > 0) {
        say!(
            "\n{undecided} orders that there may not be are changing: whether anything is kept for them is seen in a moment."
        )?;
    }
    if options.apply {
        let again: u64 =
            report["published_again"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum();
        say!("\n{again} messages are published anew.")?;
        say!("Run it again until nothing is left; then `hanse audit`.")?;
    }
    say!("{}", if settled { "Nothing is left to be done." } else { "\nSomething is left to be done." })?;
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_and_a_time_are_understood_and_anything_else_is_told_what_is() {
        let now: Timestamp = serde_json::from_value(json!("2026-03-02T00:00:00Z")).expect("a time");
        assert_eq!(when("36h", now).unwrap(), now.minus(Duration::from_secs(36 * 3600)));
        assert_eq!(when("2026-03-01T00:00:00Z", now).unwrap(), now.minus(Duration::from_secs(86_400)));
        for wrong in ["soon", "-3h", "99999999999999999999d", ""] {
            assert!(when(wrong, now).unwrap_err().to_string().contains("36h"), "{wrong}");
        }
    }
}
