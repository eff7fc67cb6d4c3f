//! The report: a table to read, a JSON file to compare, and which targets are reached.

use crate::browsing::Visibility;
use crate::buying::Scarce;
use crate::identity::Identity;
use crate::load::Figures;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs;
use std::path::Path;

#[derive(Serialize)]
pub struct Report {
    pub machine: Machine,
    pub seconds_per_scenario: f64,
    pub products: usize,
    pub import_rows: u64,
    pub import_rows_per_second: f64,
    /// To `/readyz`, with the whole catalogue, median of several starts.
    pub start_seconds: f64,
    pub idle_mib: f64,
    pub scenarios: Vec<Scenario>,
    pub visibility: Visibility,
    pub identity: Identity,
    pub scarce: Scarce,
    pub audit_clean: bool,
    pub targets: Vec<Target>,
}

#[derive(Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub server_core: usize,
    pub load_core: usize,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Scenario {
    pub name: Cow<'static, str>,
    /// `hanse`, or `fixed` for the bare server with bodies of the same size.
    pub server: Cow<'static, str>,
    #[serde(flatten)]
    pub figures: Figures,
}

#[derive(Serialize)]
pub struct Target {
    pub what: &'static str,
    pub wanted: String,
    pub found: String,
    pub reached: bool,
}

impl Machine {
    pub fn look(server_core: usize, load_core: usize) -> Self {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let processor = model.map_or_else(|| "unknown".to_string(), |(_, name)| name.to_string());
        let cores = info.lines().filter(|line| line.starts_with("processor")).count();
        Self { processor, cores, server_core, load_core }
    }
}

pub fn at_most(what: &'static str, limit: f64, found: f64, unit: &str) -> Target {
    let (wanted, found_text) = (format!("≤ {limit} {unit}"), format!("{found:.3} {unit}"));
    Target { what, wanted, found: found_text, reached: found <= limit }
}

pub fn at_least(what: &'static str, limit: f64, found: f64, unit: &str) -> Target {
    let (wanted, found_text) = (format!("≥ {limit} {unit}"), format!("{found:.1} {unit}"));
    Target { what, wanted, found: found_text, reached: found >= limit }
}

pub fn audited(clean: bool) -> Target {
    let found = if clean { "clean".into() } else { "breaches".into() };
    Target { what: "audit after the run", wanted: "clean".into(), found, reached: clean }
}

/// The figures of one scenario on one server, those with most connections last.
pub fn find<'a>(scenarios: &'a [Scenario], name: &str, server: &str) -> Vec<&'a Figures> {
    let wanted = |scenario: &&Scenario| scenario.name == name && scenario.server == server;
    scenarios.iter().filter(wanted).map(|scenario| &scenario.figures).collect()
}

impl Report {
    /// Judges every figure at the highest number of connections.
    pub fn judge(&mut self) {
        let last = |name: &str, server: &str| {
            find(&self.scenarios, name, server).last().map(|figures| (*figures).clone())
        };
        let cpu = |name: &str| last(name, "hanse").map_or(f64::INFINITY, |figures| figures.cpu_ms);
        let rate = |name: &str, server: &str| last(name, server).map_or(0.0, |figures| figures.per_second);
        let memory = self.scenarios.iter().filter(|scenario| scenario.server == "hanse");
        let memory = memory.map(|scenario| scenario.figures.memory_mib).fold(self.idle_mib, f64::max);
        let share = |name: &str, fixed: &str| rate(name, "hanse") * 100.0 / rate(fixed, "fixed").max(1.0);
        let seen = self.visibility.product_max_ms.max(self.visibility.list_max_ms);
        let exact = self.scarce.sold as u64 == self.scarce.units && self.scarce.left == 0;
        self.targets = vec![
            at_most("list, uncached, CPU", 0.10, cpu(LIST_COLD), "ms"),
            at_most("product, uncached, CPU", 0.10, cpu(PRODUCT_COLD), "ms"),
            at_least("list, cached, of the fixed server's rate", 50.0, share(LIST_CACHED, LIST_CACHED), "%"),
            at_least(
                "product, cached, of the fixed server's rate",
                50.0,
                share(PRODUCT_CACHED, PRODUCT_CACHED),
                "%",
            ),
            at_most("price change visible", 1000.0, seen, "ms"),
            at_most("add to cart, CPU", 0.5, cpu(ADD), "ms"),
            at_most("whole checkout, CPU", 5.0, cpu(CHECKOUT), "ms"),
            at_least("whole checkouts", 150.0, rate(CHECKOUT, "hanse"), "/s"),
            Target {
                what: "1,000 shoppers on 100 units",
                wanted: "exactly 100 sold".into(),
                found: format!("{} sold, {} left", self.scarce.sold, self.scarce.left),
                reached: exact,
            },
            at_most("an access token verified, CPU", 60.0, self.identity.token_micros, "µs"),
            at_most("a request with a token, more CPU", 0.1, self.identity.more(|i| i.token_ms), "ms"),
            at_most("a request with a cookie, more CPU", 0.1, self.identity.more(|i| i.cookie_ms), "ms"),
            at_most(
                "checkout's p99 in a flood of logins, of a calm one's",
                2.0,
                self.identity.flood.ratio(),
                "×",
            ),
            at_most("start to ready", 0.5, self.start_seconds, "s"),
            at_most("memory, idle", 100.0, self.idle_mib, "MiB"),
            at_most("memory, under load", 200.0, memory, "MiB"),
            at_least("import", 2000.0, self.import_rows_per_second, "rows/s"),
            audited(self.audit_clean),
        ];
    }

    pub fn print(&self) {
        self.machine.print();
        print_scenarios(&self.scenarios);
        print_targets(&self.targets);
    }
}

impl Machine {
    pub fn print(&self) {
        println!("\n{} ({} cores)", self.processor, self.cores);
    }
}

pub fn print_scenarios(scenarios: &[Scenario]) {
    println!(
        "{:<18}{:<9}{:>6}{:>11}{:>10}{:>10}{:>10}{:>7}{:>9}",
        "scenario", "server", "conns", "per s", "p50 ms", "p99 ms", "CPU ms", "busy", "RSS MiB"
    );
    for Scenario { name, server, figures } in scenarios {
        println!(
            "{name:<18}{server:<9}{:>6}{:>11.0}{:>10.2}{:>10.2}{:>10.3}{:>6.0}%{:>9.0}",
            figures.connections,
            figures.per_second,
            figures.p50_ms,
            figures.p99_ms,
            figures.cpu_ms,
            figures.server_busy * 100.0,
            figures.memory_mib
        );
    }
}

pub fn print_targets(targets: &[Target]) {
    println!("\n{:<46}{:<18}{:<24}", "target", "wanted", "found");
    for target in targets {
        let verdict = if target.reached { "reached" } else { "MISSED" };
        println!("{:<46}{:<18}{:<24}{verdict}", target.what, target.wanted, target.found);
    }
}

pub fn write(report: &impl Serialize, file: &Path) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let text = serde_json::to_string_pretty(report)?;
    fs::write(file, text + "\n").with_context(|| format!("cannot write {}", file.display()))
}

pub const LIST_COLD: &str = "list, uncached";
pub const PRODUCT_COLD: &str = "product, uncached";
pub const LIST_CACHED: &str = "list, cached";
pub const PRODUCT_CACHED: &str = "product, cached";
pub const SEARCH: &str = "search";
pub const ADD: &str = "add to cart";
pub const CHECKOUT: &str = "whole checkout";
