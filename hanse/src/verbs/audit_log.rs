//! `hanse audit-log`: who did what; and `hanse audit-log accept`: why a log is another than was told of it.

use super::by_hand;
use crate::cli::{AcceptLog, AuditLog, AuditLogVerb};
use crate::control::Reached;
use crate::say;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::ExitCode;

const PAGE: usize = 100;

pub async fn run(options: &AuditLog) -> Result<ExitCode> {
    if let Some(AuditLogVerb::Accept(accept)) = &options.verb {
        return accepted(accept).await;
    }
    let shop = Reached::open(&options.reach).await?;
    let shown = show(&shop, options).await;
    shop.close().await;
    shown
}

async fn accepted(options: &AcceptLog) -> Result<ExitCode> {
    let body = json!({"service": options.service, "reason": options.reason, "by": by_hand::who(&options.by)});
    let shop = Reached::open_stores(&options.reach).await?;
    let reply = shop.post_json("/control/audit-log/accept", &body).await;
    shop.close().await;
    let told = reply?.ok()?;
    if options.reach.json {
        say!("{told}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let number = |key: &str| told[key].as_i64().unwrap_or_default();
    say!(
        "The log of {} is believed as it stands, up to entry {}: what {} was told of entries {} to {} counts no more.",
        options.service,
        number("ends_with"),
        told["keeper"].as_str().unwrap_or_default(),
        number("agrees_until") + 1,
        number("told_until")
    )?;
    say!("That stands in the audit log as audit_log.accepted. Next: `hanse audit --full`.")?;
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 when a service did not answer, so that something is missing.
async fn show(shop: &Reached, options: &AuditLog) -> Result<ExitCode> {
    let (mut cursor, mut missing) = (None::<String>, BTreeSet::new());
    let mut left = if options.all { usize::MAX } else { options.limit };
    if options.csv {
        say!("{}", COLUMNS.join(","))?;
    }
    while left > 0 {
        let limit = left.min(PAGE).to_string();
        let path = by_hand::query(
            "/api/admin/audit-log",
            &[
                ("service", options.service.as_deref()),
                ("action", options.action.as_deref()),
                ("actor", options.actor.as_deref()),
                ("subject", options.subject.as_deref()),
                ("correlation", options.correlation.as_deref()),
                ("from", options.from.as_deref()),
                ("until", options.until.as_deref()),
                ("limit", Some(&limit)),
                ("cursor", cursor.as_deref()),
            ],
        );
        let page = shop.get(&path).await?.ok()?;
        let Some(items) = page["items"].as_array() else { bail!("the shop told no entries") };
        for item in items {
            tell(options, item)?;
        }
        missing.extend(
            page["missing"].as_array().into_iter().flatten().filter_map(Value::as_str).map(String::from),
        );
        left = left.saturating_sub(items.len());
        cursor = page["next_cursor"].as_str().map(String::from);
        if cursor.is_none() {
            break;
        }
    }
    if missing.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let names: Vec<_> = missing.into_iter().collect();
    eprintln!("hanse: {} did not answer: what they have written down is missing", names.join(", "));
    Ok(ExitCode::FAILURE)
}

fn tell(options: &AuditLog, item: &Value) -> Result<()> {
    if options.reach.json {
        return say!("{item}");
    }
    if options.csv {
        let cells: Vec<String> = COLUMNS.iter().map(|column| cell(at(item, column))).collect();
        return say!("{}", cells.join(","));
    }
    let text = |column| plain(at(item, column));
    let who = [text("actor.kind"), text("actor.id"), text("actor.api_key"), text("actor.operator")];
    let who: Vec<_> = who.into_iter().filter(|part| !part.is_empty()).collect();
    let times = item["times"].as_i64().filter(|times| *times > 1).map(|times| format!(" ({times} times)"));
    say!(
        "{}  {}{}  {} {}",
        text("at"),
        text("action"),
        times.unwrap_or_default(),
        text("subject.kind"),
        text("subject.id")
    )?;
    let from = text("origin.address");
    let from = if from.is_empty() { from } else { format!(" from {from}") };
    say!("    by {}{from}; {} {}", who.join(" "), text("service"), text("seq"))?;
    if !item["before"].is_null() || !item["after"].is_null() {
        say!("    {} -> {}", text("before"), text("after"))?;
    }
    Ok(())
}

/// The columns of the comma-separated values, each the path of a field.
const COLUMNS: [&str; 15] = [
    "at",
    "service",
    "seq",
    "actor.kind",
    "actor.id",
    "actor.api_key",
    "actor.operator",
    "action",
    "subject.kind",
    "subject.id",
    "before",
    "after",
    "times",
    "origin.address",
    "origin.correlation_id",
];

fn at<'a>(item: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(item, |value, key| &value[key])
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Quoted (RFC 4180), and never a formula: what a spreadsheet would calculate begins with an apostrophe.
fn cell(value: &Value) -> String {
    let text = plain(value);
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(cell(&json!("=HYPERLINK(\"x\")")), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell(&json!("@SUM(1)")), "\"'@SUM(1)\"");
        assert_eq!(cell(&json!({"a": "b"})), "\"{\"\"a\"\":\"\"b\"\"}\"");
        assert_eq!(cell(&Value::Null), "\"\"");
        assert_eq!(at(&json!({"actor": {"kind": "staff"}}), "actor.kind"), "staff");
    }
}
