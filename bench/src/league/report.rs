//! The report on the league: the figures beside what they are compared with, where the time goes, and which targets are
//! reached.

use super::alone::Relayed;
use super::checkouts::{Delay, Traffic};
use super::embedded::{EMBEDDED, FIXED};
use super::rows::{Pair, apart, total};
use super::spent::Spent;
use super::{LEAGUE, PGBENCH, RESERVATION};
use crate::browsing::Visibility;
use crate::load::Figures;
use crate::report::{
    CHECKOUT, LIST_CACHED, LIST_COLD, Machine, PRODUCT_CACHED, PRODUCT_COLD, Scenario, Target, at_least,
    at_most, audited, find, print_scenarios, print_targets,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
pub struct Report {
    pub machine: Machine,
    /// `release` or `debug`.
    pub build: &'static str,
    pub seconds_per_scenario: f64,
    pub products: usize,
    pub scenarios: Vec<Scenario>,
    pub visibility: Visibility,
    pub visibility_embedded: Visibility,
    /// Resident memory of every service's process after its start.
    pub idle_mib: BTreeMap<String, f64>,
    /// Processor milliseconds a second of every process while nobody is there.
    pub idle_ms_per_second: Spent,
    /// Processor milliseconds of every process for one operation, by scenario, at most connections.
    pub spent: BTreeMap<String, Spent>,
    pub traffic: Traffic,
    /// Rows of one checkout and of one transaction of the script.
    pub rows: Vec<Pair>,
    pub delay: Delay,
    pub relayed: Relayed,
    /// Of one service's process, to `/readyz`, median of several starts.
    pub start_seconds: f64,
    pub audit_clean: bool,
    pub targets: Vec<Target>,
}

impl Report {
    fn last(&self, name: &str, server: &str) -> Option<&Figures> {
        find(&self.scenarios, name, server).last().copied()
    }

    fn rate(&self, name: &str, server: &str) -> f64 {
        self.last(name, server).map_or(0.0, |figures| figures.per_second)
    }

    /// How much of another server's rate the league reaches, in percent.
    fn share(&self, name: &str, of: &str) -> f64 {
        self.rate(name, LEAGUE) * 100.0 / self.rate(name, of).max(1.0)
    }

    /// Judges every figure at the highest number of connections.
    pub fn judge(&mut self) {
        let checkout_cpu = self.last(CHECKOUT, LEAGUE).map_or(f64::INFINITY, |figures| figures.cpu_ms);
        let fattest = self.idle_mib.values().copied().fold(0.0, f64::max);
        self.targets = vec![
            at_least("list, uncached, of the embedded rate", 40.0, self.share(LIST_COLD, EMBEDDED), "%"),
            at_least(
                "product, uncached, of the embedded rate",
                40.0,
                self.share(PRODUCT_COLD, EMBEDDED),
                "%",
            ),
            at_least("list, cached, of the embedded rate", 40.0, self.share(LIST_CACHED, EMBEDDED), "%"),
            at_least(
                "product, cached, of the embedded rate",
                40.0,
                self.share(PRODUCT_CACHED, EMBEDDED),
                "%",
            ),
            at_most("whole checkout, CPU of all processes", 25.0, checkout_cpu, "ms"),
            at_least("whole checkouts", 60.0, self.rate(CHECKOUT, LEAGUE), "/s"),
            at_most("rows of the pgbench script, apart", 10.0, apart(&self.rows), "%"),
            at_least("reservations of one hot SKU", 3000.0, self.rate(RESERVATION, LEAGUE), "/s"),
            at_least("messages relayed with confirms", 2000.0, self.relayed.per_second, "/s"),
            at_most("commit → consumed at half load, p99", 100.0, self.delay.p99_ms, "ms"),
            at_most("memory, idle, of the largest service", 60.0, fattest, "MiB"),
            audited(self.audit_clean),
        ];
    }

    pub fn print(&self) {
        self.machine.print();
        if self.build == "debug" {
            println!("DEBUG BUILD: figures not comparable");
        }
        print_scenarios(&self.scenarios);
        self.print_spent();
        self.print_rows();
        println!();
        for name in [LIST_COLD, PRODUCT_COLD, LIST_CACHED, PRODUCT_CACHED] {
            let cpu = |server: &str| self.last(name, server).map_or(f64::NAN, |figures| figures.cpu_ms);
            let times = cpu(LEAGUE) / cpu(EMBEDDED);
            print!("{:<19}{times:.1} times the embedded CPU", format!("{name}:"));
            match self.last(name, FIXED) {
                Some(_) => println!(", {:.1} % of the fixed server's rate", self.share(name, FIXED)),
                None => println!(),
            }
        }
        println!("whole checkout:    {:.1} % of the pgbench script's rate", self.share(CHECKOUT, PGBENCH));
        println!(
            "                   {:.1} messages sent, {:.1} taken",
            self.traffic.published, self.traffic.consumed
        );
        let seen = |seen: &Visibility| seen.product_max_ms.max(seen.list_max_ms);
        println!(
            "price change:      seen within {:.0} ms; embedded {:.0} ms",
            seen(&self.visibility),
            seen(&self.visibility_embedded)
        );
        println!(
            "messages:          at {:.0} checkouts/s taken after {:.1} ms (p50), {:.1} ms (p99), {:.1} ms (longest of {})",
            self.delay.checkouts_per_second,
            self.delay.p50_ms,
            self.delay.p99_ms,
            self.delay.max_ms,
            self.delay.deliveries
        );
        let senders = &self.delay.p99_ms_by_sender;
        let by_sender =
            senders.iter().map(|(sender, ms)| format!("{} {ms:.1}", sender.trim_start_matches("hanse_")));
        println!("                   p99 by sender: {} ms", by_sender.collect::<Vec<_>>().join(", "));
        println!("start:             {:.2} s from a process's start to ready", self.start_seconds);
        println!("relay:             {:.3} ms CPU a message, stores included", self.relayed.spent.total());
        print_targets(&self.targets);
        if self.build == "debug" {
            println!("DEBUG BUILD: figures not comparable");
        }
    }

    /// Where the time goes, a line for every process.
    fn print_spent(&self) {
        const COLUMNS: [(&str, &str); 6] = [
            ("list cold", LIST_COLD),
            ("prod. cold", PRODUCT_COLD),
            ("list", LIST_CACHED),
            ("product", PRODUCT_CACHED),
            ("checkout", CHECKOUT),
            ("hot SKU", RESERVATION),
        ];
        print!("\n{:<16}{:>9}{:>11}", "CPU ms", "idle MiB", "idle ms/s");
        COLUMNS.iter().for_each(|(head, _)| print!("{head:>11}"));
        println!();
        let all = std::iter::once(&self.idle_ms_per_second).chain(self.spent.values());
        let names: BTreeSet<&String> = all.flat_map(|spent| spent.0.keys()).collect();
        let cell = |value: Option<f64>| value.map_or_else(|| "–".into(), |value| format!("{value:.3}"));
        for name in names {
            let memory = self.idle_mib.get(name).map_or_else(|| "–".into(), |mib| format!("{mib:.0}"));
            print!("{name:<16}{memory:>9}{:>11}", cell(self.idle_ms_per_second.0.get(name).copied()));
            for (_, scenario) in COLUMNS {
                let spent = self.spent.get(scenario).and_then(|spent| spent.0.get(name)).copied();
                print!("{:>11}", cell(spent));
            }
            println!();
        }
        print!("{:<16}{:>9}{:>11.3}", "all", "", self.idle_ms_per_second.total());
        for (_, scenario) in COLUMNS {
            print!("{:>11}", cell(self.spent.get(scenario).map(Spent::total)));
        }
        println!();
    }

    fn print_rows(&self) {
        let (checkout, script) =
            (total(&self.rows, |pair| pair.checkout), total(&self.rows, |pair| pair.script));
        println!(
            "\nrows written: {checkout:.1} by a checkout, {script:.1} by a transaction of the pgbench script"
        );
        println!("{:<44}{:>24}{:>24}", "table", "ins upd del, checkout", "ins upd del, script");
        for Pair { table, checkout, script } in &self.rows {
            let counts = |[new, changed, gone]: &[f64; 3]| format!("{new:.2} {changed:.2} {gone:.2}");
            println!("{table:<44}{:>24}{:>24}", counts(checkout), counts(script));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::figures;

    fn scenario(
        name: &'static str,
        server: &'static str,
        connections: usize,
        seconds: f64,
        cpu: f64,
    ) -> Scenario {
        let figures = figures(connections, &[1000; 100], seconds, cpu, 0.0);
        Scenario { name: name.into(), server: server.into(), figures }
    }

    fn spent(of: &[(&str, f64)]) -> Spent {
        Spent(of.iter().map(|(name, ms)| ((*name).to_string(), *ms)).collect())
    }

    /// A league that reaches everything: 100 operations a second and server, half of the embedded rate.
    fn report() -> Report {
        let mut scenarios = vec![];
        for name in [LIST_COLD, PRODUCT_COLD, LIST_CACHED, PRODUCT_CACHED] {
            scenarios.extend([scenario(name, EMBEDDED, 64, 0.5, 0.1), scenario(name, LEAGUE, 64, 1.0, 0.2)]);
        }
        // What few connections reach does not count.
        scenarios.push(scenario(CHECKOUT, LEAGUE, 1, 100.0, 90.0));
        scenarios.push(scenario(CHECKOUT, LEAGUE, 64, 1.0, 2.0));
        scenarios.push(scenario(CHECKOUT, PGBENCH, 64, 0.1, 0.1));
        scenarios.push(scenario(RESERVATION, LEAGUE, 256, 0.02, 0.02));
        let whole = [1.0, 2.0, 0.0];
        Report {
            machine: Machine { processor: "test".into(), cores: 2, server_core: 1, load_core: 0 },
            build: "release",
            seconds_per_scenario: 1.0,
            products: 1,
            scenarios,
            visibility: Visibility::default(),
            visibility_embedded: Visibility::default(),
            idle_mib: [("order-1".to_string(), 40.0), ("gateway".to_string(), 50.0)].into(),
            idle_ms_per_second: spent(&[("order-1", 2.0), ("postgres", 9.0)]),
            spent: [(CHECKOUT.to_string(), spent(&[("order-1", 5.0), ("postgres", 15.0)]))].into(),
            traffic: Traffic { published: 8.0, consumed: 20.0 },
            rows: vec![Pair { table: "hanse_order.orders".into(), checkout: whole, script: whole }],
            delay: Delay {
                checkouts_per_second: 50.0,
                deliveries: 9,
                p50_ms: 5.0,
                p99_ms: 50.0,
                max_ms: 60.0,
                p99_ms_by_sender: [("hanse_order".to_string(), 50.0)].into(),
            },
            relayed: Relayed { messages: 10, per_second: 2500.0, spent: spent(&[("inventory", 0.1)]) },
            start_seconds: 0.3,
            audit_clean: true,
            targets: vec![],
        }
    }

    fn missed(mut report: Report) -> Vec<&'static str> {
        report.judge();
        report.targets.iter().filter(|target| !target.reached).map(|target| target.what).collect()
    }

    #[test]
    fn a_league_is_judged_by_its_figures_at_most_connections() {
        let mut judged = report();
        judged.judge();
        assert!((judged.share(LIST_CACHED, EMBEDDED) - 50.0).abs() < 0.001);
        assert!((judged.share(CHECKOUT, PGBENCH) - 10.0).abs() < 0.001);
        assert_eq!(missed(report()), [""; 0]);
        judged.print();
    }

    #[test]
    fn whatever_falls_short_is_missed() {
        let mut slow = report();
        slow.scenarios.push(scenario(CHECKOUT, LEAGUE, 64, 2.0, 3.0));
        assert_eq!(missed(slow), ["whole checkout, CPU of all processes", "whole checkouts"]);
        let mut fat = report();
        fat.idle_mib.insert("product-1".into(), 61.0);
        assert_eq!(missed(fat), ["memory, idle, of the largest service"]);
        let mut forgetful = report();
        forgetful.rows[0].script = [1.0, 1.0, 0.0];
        assert_eq!(missed(forgetful), ["rows of the pgbench script, apart"]);
        // A scenario that was not measured has not reached anything.
        let mut lost = report();
        lost.scenarios.retain(|scenario| scenario.name != RESERVATION);
        assert_eq!(missed(lost), ["reservations of one hot SKU"]);
    }
}
