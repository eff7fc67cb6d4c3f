//! What a move tells: how far it is while it runs, and what it did.

use super::leg::Leg;
use super::route::Tally;
use crate::say;
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::IsTerminal;

/// What was done, for people and programs.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Everything that the folder holds is in the league, and was compared.
    pub moved: bool,
    pub dry_run: bool,
    /// It was done before; nothing was left to do.
    pub before: bool,
    /// A move that was interrupted has been ended.
    pub resumed: bool,
    pub services: Vec<Service>,
    pub rows: u64,
    /// Tables that do not travel, with the reason.
    pub stay: BTreeMap<&'static str, &'static str>,
    /// `there`, `written` or `to_write`.
    pub keys: &'static str,
    pub seconds: f64,
    /// Rows that were written by this run, in each of those seconds.
    pub rows_per_second: f64,
}

#[derive(Debug, Serialize)]
pub struct Service {
    pub name: &'static str,
    pub rows: u64,
    pub tables: Vec<Table>,
}

#[derive(Debug, Serialize)]
pub struct Table {
    pub name: String,
    pub rows: u64,
    pub sha256: String,
}

impl Report {
    /// Of what was counted, before anything is done.
    pub fn of(legs: &[Leg], keys: &'static str) -> Self {
        let table = |(name, tally): (&String, &Tally)| Table {
            name: name.clone(),
            rows: tally.rows,
            sha256: tally.shown(),
        };
        let service = |leg: &Leg| Service {
            name: leg.name,
            rows: leg.rows(),
            tables: leg.tallies.iter().map(table).collect(),
        };
        Self {
            services: legs.iter().map(service).collect(),
            rows: legs.iter().map(Leg::rows).sum(),
            stay: legs.iter().flat_map(|leg| &leg.stay).map(|(table, why)| (*table, *why)).collect(),
            keys,
            ..Self::default()
        }
    }
}

/// How far it is: a bar for people, a line of JSON for programs.
pub struct Progress {
    bar: ProgressBar,
    json: bool,
}

impl Progress {
    pub fn new(json: bool) -> Self {
        let bar = match json || !std::io::stderr().is_terminal() {
            true => ProgressBar::hidden(),
            false => ProgressBar::no_length(),
        };
        let style = ProgressStyle::with_template("{spinner} {msg}  {human_pos} rows  {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self { bar, json }
    }

    /// From here on it is known how many rows there are to write and to compare.
    pub fn measured(&self, rows: u64) {
        let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} rows  {eta} left  {msg}");
        self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_position(0);
        self.bar.set_length(rows);
    }

    pub fn at(&self, doing: &str, service: &str, table: &str) {
        self.bar.set_message(format!("{doing} {service}: {table}"));
        self.bar.tick();
    }

    pub fn more(&self, rows: u64) {
        self.bar.inc(rows);
    }

    /// One line for a program. Whether anybody reads it is nothing to the move.
    pub fn line(&self, doing: &str, service: &str, table: &str, rows: u64, of: u64) -> Result<()> {
        if !self.json {
            return Ok(());
        }
        let line = json!({"doing": doing, "service": service, "table": table, "rows": rows, "of": of});
        say::heard(say!("{line}"))
    }

    /// Something to be known at once.
    pub fn notice(&self, text: &str) {
        self.bar.suspend(|| eprintln!("hanse: {text}"));
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
