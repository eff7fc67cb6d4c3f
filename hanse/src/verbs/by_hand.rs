//! What `hanse parked` and `hanse dlq` share: who asks, which messages, at what pace, and what was done before.

use crate::cli::{By, Reach, Those};
use crate::control::{Reached, login};
use crate::say;
use anyhow::Result;
use hanse_kernel::Timers;
use hanse_runtime::TokioTimers;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;
use uuid::Uuid;

/// The name that `history` keeps.
pub fn who(by: &By) -> String {
    by.by.clone().unwrap_or_else(login)
}

/// The path of a list with what is asked for.
pub fn path(base: &str, those: &Those) -> String {
    let asked = [("service", &those.service), ("consumer", &those.consumer), ("type", &those.kind)];
    query(base, &asked.map(|(key, value)| (key, value.as_deref())))
}

/// A path with what is asked for in its query.
pub fn query(base: &str, asked: &[(&str, Option<&str>)]) -> String {
    let asked = asked.iter().filter_map(|(key, value)| Some((*key, (*value)?)));
    let query = asked.fold(String::new(), |mut query, (key, value)| {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(key);
        query.push('=');
        query.extend(value.bytes().map(escaped));
        query
    });
    format!("{base}{query}")
}

fn escaped(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}

/// The ids of a list, each once: one message may wait with several consumers.
pub fn ids(body: &Value) -> Result<Vec<Uuid>> {
    let items = body["items"].as_array().into_iter().flatten();
    let mut ids =
        items.map(|item| Ok(serde_json::from_value(item["id"].clone())?)).collect::<Result<Vec<_>>>()?;
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    Ok(ids)
}

/// Waits as a rate asks for, and shows how far the work is where somebody looks on.
pub struct Pace {
    pause: Option<Duration>,
    begun: bool,
    bar: ProgressBar,
}

impl Pace {
    pub fn new(rate: Option<u32>, messages: usize, reach: &Reach) -> Result<Self> {
        let shown = !reach.json && messages > 1 && std::io::stderr().is_terminal();
        let bar = if shown { ProgressBar::new(messages as u64) } else { ProgressBar::hidden() };
        bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} messages, {eta} to go")?);
        Ok(Self { pause: rate.map(|rate| Duration::from_secs_f64(1.0 / f64::from(rate))), begun: false, bar })
    }

    /// Before each but the first.
    pub async fn wait(&mut self) {
        if let (Some(pause), true) = (self.pause, self.begun) {
            TokioTimers.sleep(pause).await;
        }
        self.begun = true;
    }

    pub fn done(&self, messages: usize) {
        self.bar.inc(messages as u64);
    }

    pub fn over(self) {
        self.bar.finish_and_clear();
    }
}

/// What was done by hand at one of the two places.
pub async fn history(shop: &Reached, reach: &Reach, base: &str) -> Result<ExitCode> {
    let body = shop.get(&format!("{base}/history")).await?.ok()?;
    if reach.json {
        say!("{}", serde_json::to_string_pretty(&body)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let items = body["items"].as_array().cloned().unwrap_or_default();
    for item in &items {
        let text = |key: &str| item[key].as_str().unwrap_or("-").to_string();
        let reason = item["reason"].as_str().map(|reason| format!(": {reason}")).unwrap_or_default();
        say!(
            "{}  {} {}  {}  {} at {}{reason}",
            text("at"),
            text("who"),
            text("deed"),
            text("id"),
            text("type"),
            text("consumer")
        )?;
    }
    if items.is_empty() {
        say!("Nothing was done by hand.")?;
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stands_in_the_path() {
        let none = Those::default();
        assert_eq!(path("/control/dlq", &none), "/control/dlq");
        let some = Those { service: Some("books".into()), kind: Some("a b&c".into()), ..none };
        assert_eq!(path("/control/dlq", &some), "/control/dlq?service=books&type=a%20b%26c");
    }

    #[test]
    fn somebody_is_named() {
        assert_eq!(who(&By { by: Some("ana".into()) }), "ana");
        assert!(!who(&By { by: None }).is_empty());
    }
}
