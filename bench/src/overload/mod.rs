//! Ten times as much as the shop can do, for a minute: what it still does, what it refuses and how fast, what it holds in
//! memory, and how soon it is itself again.
//!
//! The load is open: requests begin when they are due, whether those before have been answered or not, as shoppers do. First
//! whoever is refused goes, and others come instead; then a crowd comes that heeds nothing.
//!
//! What the shop still does is weighed by what it costs, because looks and orders are not worth the same: under too much,
//! orders go first, and each leaves less room for looks.

mod crowd;
mod tally;

use crate::admin::{self, Admin};
use crate::buying::{self, Good};
use crate::client::Client;
use crate::load::Amount;
use crate::process::Server;
use crate::report::{self, Machine, Target, at_least, at_most};
use crate::run::{audit, await_answer, last_words, step, variants};
use crate::{browsing, catalogue};
use anyhow::{Result, bail, ensure};
use crowd::Crowd;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tally::Phase;

/// Connections while the most is sought that the shop can do.
const SEEKING: [usize; 3] = [8, 32, 128];
/// Products whose variants are bought.
const BOUGHT: usize = 100;
/// Under this share of what it can do a shop answers everything.
const USUAL: f64 = 0.5;
/// Memory may grow by so much over what the usual load takes, whatever comes.
const GROWTH_MIB: f64 = 150.0;

#[derive(clap::Args, Clone)]
pub struct Options {
    /// The shop's binary
    #[arg(long, default_value = "target/release/hanse")]
    pub hanse: PathBuf,
    /// How many times as much as the shop can do
    #[arg(long, default_value_t = 10.0)]
    pub times: f64,
    /// Seconds of too much
    #[arg(long, default_value_t = 60.0)]
    pub seconds: f64,
    /// Seconds of each other phase
    #[arg(long, default_value_t = 10.0)]
    pub usual_seconds: f64,
    /// Whole checkouts for every thousand looks at something
    #[arg(long, default_value_t = 0.5)]
    pub orders_per_thousand: f64,
    /// Products in the catalogue, three variants each
    #[arg(long, default_value_t = 1000)]
    pub products: usize,
    /// The processor core that the shop runs on
    #[arg(long, default_value_t = 1)]
    pub server_core: usize,
    /// The processor core that the load generator runs on
    #[arg(long, default_value_t = 0)]
    pub load_core: usize,
    /// Where the JSON report goes
    #[arg(long, default_value = "target/bench/overload.json")]
    pub json: PathBuf,
    /// The binary is not optimised: the report says so
    #[arg(long)]
    pub debug_build: bool,
    /// Give up after so many minutes
    #[arg(long, default_value_t = 8.0)]
    pub minutes: f64,
    /// Fail when a figure misses its target
    #[arg(long)]
    pub strict: bool,
}

#[derive(Serialize)]
struct Report {
    machine: Machine,
    debug_build: bool,
    /// Looks a second, with the orders that belong to them, when the shop is asked for as much as it can do.
    peak_per_second: f64,
    peak_orders_per_second: f64,
    /// Connections that reached it.
    peak_connections: usize,
    /// Milliseconds of the processor for a look, and for a whole checkout, while there is room.
    look_ms: f64,
    order_ms: f64,
    usual: Phase,
    overload: Phase,
    heedless: Phase,
    recovery: Phase,
    /// From the end of too much until everything was answered again.
    recovery_seconds: f64,
    audit_clean: bool,
    targets: Vec<Target>,
}

pub async fn run(options: &Options) -> Result<()> {
    ensure!(
        options.times > 1.0,
        "--times {}: what is no more than the shop can do is not too much",
        options.times
    );
    let folder = tempfile::Builder::new().prefix("hanse-bench-").tempdir()?;
    let outcome = whole(options, folder.path()).await;
    if outcome.is_err() {
        println!("the shop's last words:\n{}", last_words(&folder.path().join("hanse.log")));
    }
    let mut report = outcome?;
    report.judge();
    report.print();
    report::write(&report, &options.json)?;
    println!("\nwritten to {}", options.json.display());
    if options.strict && report.targets.iter().any(|target| !target.reached) {
        bail!("a target is missed");
    }
    Ok(())
}

async fn whole(options: &Options, folder: &Path) -> Result<Report> {
    let data = folder.join("data");
    let core = options.server_core.to_string();
    let mut shop = Server::start(&options.hanse, &core, &folder.join("hanse.log"), |address| {
        let data = data.display().to_string();
        ["up", "--data", &data, "--listen", &address.to_string(), "--no-sample"].map(String::from).to_vec()
    })?;
    await_answer(&mut shop, "/readyz").await?;
    admin::create_account(&options.hanse, "--data", &data)?;
    step(&format!("import of {} products × {} variants", options.products, catalogue::VARIANTS));
    Admin::login(shop.address).await?.import(&catalogue::csv(options.products)).await?;
    let (paths, goods) = learn(&shop, options).await?;

    let usual_time = Duration::from_secs_f64(options.usual_seconds);
    step("orders alone");
    let order_ms = buying::checkouts(&shop, 8, usual_time, &goods).await?.cpu_ms;
    let Peak { looks: peak, orders: peak_orders, connections, cpu_ms } =
        seek_peak(&shop, options, &paths, &goods).await?;
    let orders = options.orders_per_thousand / 1000.0;
    let mut crowd = Crowd { server: &shop, paths: &paths, goods: &goods, orders, heeds: true };
    step("half of it");
    let usual = crowd.come(peak * USUAL, usual_time).await?;
    step(&format!("{} times as much, for {} s", options.times, options.seconds));
    let overload = crowd.come(peak * options.times, Duration::from_secs_f64(options.seconds)).await?;
    step("as much, and nobody heeds that they are to come later");
    crowd.heeds = false;
    let heedless = crowd.come(peak * options.times, Duration::from_secs_f64(options.seconds)).await?;
    crowd.heeds = true;
    step("half of it again");
    let recovery = crowd.come(peak * USUAL, usual_time.max(Duration::from_secs(12))).await?;
    step("audit");
    let audit_clean = audit(&options.hanse, &data)?;
    shop.stop()?;
    Ok(Report {
        machine: Machine::look(options.server_core, options.load_core),
        debug_build: options.debug_build,
        peak_per_second: peak,
        peak_connections: connections,
        peak_orders_per_second: peak_orders,
        look_ms: cpu_ms - peak_orders / peak * order_ms,
        order_ms,
        recovery_seconds: recovery.seconds_until_well(),
        usual: usual.phase(),
        overload: overload.phase(),
        heedless: heedless.phase(),
        recovery: recovery.phase(),
        audit_clean,
        targets: vec![],
    })
}

/// What is looked at: pages, lists, products and searches, in turn; and what is bought.
async fn learn(shop: &Server, options: &Options) -> Result<(Vec<String>, Vec<Good>)> {
    let mut client = Client::new(shop.address);
    let (lists, searches) = (browsing::list_paths(&mut client).await?, browsing::search_paths());
    let mut paths = vec![];
    for product in 0..options.products {
        paths.push(format!("/products/{}", catalogue::slug(product)));
        paths.push(lists[product % lists.len()].clone());
        paths.push(browsing::product_path(product));
        paths.push(searches[product % searches.len()].clone());
    }
    let mut goods = vec![];
    for product in 0..BOUGHT.min(options.products) {
        goods.extend(variants(&mut client, product).await?);
    }
    Ok((paths, goods))
}

struct Peak {
    /// A second.
    looks: f64,
    orders: f64,
    connections: usize,
    /// For each look, with the orders' part in it.
    cpu_ms: f64,
}

/// The most looks a second, with the orders that belong to them.
async fn seek_peak(shop: &Server, options: &Options, paths: &[String], goods: &[Good]) -> Result<Peak> {
    let time = Duration::from_secs_f64(options.usual_seconds);
    step("all paths once");
    browsing::ask(shop, 8, Amount::Operations(paths.len()), paths).await?;
    let mut best = Peak { looks: 0.0, orders: 0.0, connections: 0, cpu_ms: 0.0 };
    let mut rate = 1000.0;
    for connections in SEEKING {
        step(&format!("as much as it can do, {connections} connections"));
        let looking = browsing::ask(shop, connections, Amount::For(time), paths);
        let orders = (rate * options.orders_per_thousand / 1000.0).max(0.1);
        let buying = buying::paced_checkouts(shop, 8, time, goods, orders);
        let (looks, _) = tokio::try_join!(looking, buying)?;
        println!(
            "   {:.0} looks/s, {:.1} orders/s, {:.3} ms CPU a look",
            looks.per_second, orders, looks.cpu_ms
        );
        rate = looks.per_second;
        if looks.per_second > best.looks {
            best = Peak { looks: looks.per_second, orders, connections, cpu_ms: looks.cpu_ms };
        }
    }
    if best.looks <= 0.0 {
        bail!("the shop answers nothing");
    }
    Ok(best)
}

impl Report {
    /// What was done in a phase, of the most that can be done, each weighed by what it costs.
    fn goodput(&self, phase: &Phase) -> f64 {
        let done = phase.looks.well_per_second * self.look_ms + phase.orders.well_per_second * self.order_ms;
        let most = self.peak_per_second * self.look_ms + self.peak_orders_per_second * self.order_ms;
        done * 100.0 / most.max(1.0)
    }

    fn judge(&mut self) {
        let (looks, orders) = (&self.overload.looks, &self.overload.orders);
        let (goodput, heedless) = (self.goodput(&self.overload), self.goodput(&self.heedless));
        let memory = self.overload.memory_mib.max(self.heedless.memory_mib) - self.usual.memory_mib;
        let heedless_orders = self.heedless.orders.well_percent;
        self.targets = vec![
            at_least("load that came, of what was meant", 90.0, self.overload.come_percent, "%"),
            at_least("goodput under too much, of the peak", 80.0, goodput, "%"),
            at_least("goodput when nobody heeds", 80.0, heedless, "%"),
            at_least("whole checkouts that succeed when nobody heeds", 95.0, heedless_orders, "%"),
            at_least("whole checkouts that succeed", 95.0, orders.well_percent, "%"),
            at_least("looks that are shed, of those not answered", 99.0, looks.shed_percent, "%"),
            at_most("shed in, median", 10.0, looks.shed_p50_ms, "ms"),
            at_most("shed in, 99 of 100", 10.0, looks.shed_p99_ms, "ms"),
            at_most("probe answered in, at most", 1000.0, self.overload.probe_max_ms, "ms"),
            at_most("memory beyond the usual load's", GROWTH_MIB, memory, "MiB"),
            at_most("itself again after", 10.0, self.recovery_seconds, "s"),
            report::audited(self.audit_clean),
        ];
    }

    fn print(&self) {
        self.machine.print();
        if self.debug_build {
            println!("not optimised: the figures are of no use to compare");
        }
        println!(
            "\npeak: {:.0} looks a second over {} connections, {:.3} ms each; a whole checkout {:.3} ms",
            self.peak_per_second, self.peak_connections, self.look_ms, self.order_ms
        );
        for (name, phase) in [
            ("half of it", &self.usual),
            ("too much", &self.overload),
            ("and nobody heeds", &self.heedless),
            ("half of it again", &self.recovery),
        ] {
            phase.print(name);
        }
        report::print_targets(&self.targets);
    }
}
