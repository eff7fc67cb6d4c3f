//! The league under load: reads beside the embedded shape, whole checkouts beside PostgreSQL alone, inventory by itself.
//!
//! Reads run as the embedded shape does, everything on one core and the generator on the other, so that the two are told
//! apart by their work and not by their cores. A checkout is work for all processes at once: there, and with inventory
//! alone, all cores are open to them, and the generator, whose time is never counted, takes its share of its own.

mod alone;
mod broker;
mod census;
mod checkouts;
pub mod embedded;
mod map;
mod metrics;
mod pgbench;
mod reads;
mod report;
mod rows;
mod spent;
mod stores;

use crate::admin::{self, Admin};
use crate::browsing::Visibility;
use crate::catalogue;
use crate::load::{Figures, figures};
use crate::process::TICKS_PER_SECOND;
use crate::report::{CHECKOUT, Machine, Scenario};
use crate::run::step;
use alone::Alone;
use anyhow::{Context, Result, bail};
use census::Census;
use embedded::Baseline;
use map::League;
use pgbench::Reference;
use reads::World;
use report::Report;
use spent::Spent;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use stores::Stores;

/// Rest before idle memory and idle time are read.
const IDLE: Duration = Duration::from_secs(4);
/// Reservations of the hot SKU under way at any time.
const UNDER_WAY: usize = 256;
/// Messages that the relay is measured with, for every second that a scenario has.
const RELAYED_PER_SECOND: f64 = 2000.0;
const LEAGUE: &str = "league";
const PGBENCH: &str = "pgbench";
const RESERVATION: &str = "hot SKU, alone";

#[derive(clap::Args, Clone)]
pub struct Options {
    /// The shop's binary
    #[arg(long, default_value = "target/release/hanse")]
    pub hanse: PathBuf,
    /// Where the league is; whoever starts it writes the map
    #[arg(long)]
    pub map: Option<PathBuf>,
    /// What was measured before the league was started
    #[arg(long, default_value = "target/bench/baseline.json")]
    pub baseline: PathBuf,
    /// Seconds per scenario and number of connections
    #[arg(long, default_value_t = 8.0)]
    pub seconds: f64,
    /// Numbers of connections
    #[arg(long, value_delimiter = ',', default_value = "16,64")]
    pub connections: Vec<usize>,
    /// Products in the catalogue beside the sample shop, three variants each
    #[arg(long, default_value_t = 1000)]
    pub products: usize,
    /// The processor core for reads: of the embedded shape, and of the whole league
    #[arg(long, default_value_t = 1)]
    pub server_core: usize,
    /// The processor core that the load generator runs on
    #[arg(long, default_value_t = 0)]
    pub load_core: usize,
    /// Where the JSON report goes
    #[arg(long, default_value = "target/bench/cluster.json")]
    pub json: PathBuf,
    /// The binary is not optimised: the report says so
    #[arg(long)]
    pub debug_build: bool,
    /// Give up after so many minutes
    #[arg(long, default_value_t = 10.0)]
    pub minutes: f64,
    /// Fail when a figure misses its target
    #[arg(long)]
    pub strict: bool,
}

impl Options {
    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    fn all_cores(&self) -> String {
        let (low, high) = (self.server_core.min(self.load_core), self.server_core.max(self.load_core));
        format!("{low},{high}")
    }
}

/// Measures and reports; what was started ends when this returns or is dropped.
pub async fn run(options: &Options) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("hanse-bench-").tempdir()?;
    let mut report = Run::begin(options, folder.path()).await?.whole().await?;
    report.judge();
    report.print();
    crate::report::write(&report, &options.json)?;
    println!("\nwritten to {}", options.json.display());
    if options.strict && report.targets.iter().any(|target| !target.reached) {
        bail!("a target is missed");
    }
    Ok(())
}

struct Run<'a> {
    options: &'a Options,
    folder: &'a Path,
    league: League,
    stores: Stores,
    scenarios: Vec<Scenario>,
    visibility: Visibility,
    spent: BTreeMap<String, Spent>,
}

impl<'a> Run<'a> {
    async fn begin(options: &'a Options, folder: &'a Path) -> Result<Self> {
        if options.connections.is_empty() {
            bail!("--connections names no number of connections");
        }
        let map =
            options.map.as_ref().context("--map is missing; `cargo xtask bench --cluster` writes one")?;
        let league = League::read(map)?;
        let stores = Stores::open(&league).await?;
        let (scenarios, visibility) = (vec![], Visibility::default());
        Ok(Self { options, folder, league, stores, scenarios, visibility, spent: BTreeMap::new() })
    }

    async fn whole(mut self) -> Result<Report> {
        let options = self.options;
        let text = fs::read_to_string(&options.baseline)
            .with_context(|| format!("no baseline in {}", options.baseline.display()))?;
        let baseline: Baseline = serde_json::from_str(&text)?;
        step("the league at rest");
        tokio::time::sleep(IDLE).await;
        let idle_mib = self.league.residents()?;
        let before = self.league.census()?;
        tokio::time::sleep(IDLE).await;
        let idle = Spent::per(IDLE.as_secs() as usize, &self.league.census()?, &before);

        let (world, mut admin) = self.stock_up().await?;
        census::pin(&self.league.roots(), &[options.server_core])?;
        for (round, connections) in options.connections.iter().copied().enumerate() {
            self.reads(connections, &world, round == 0, &mut admin).await?;
        }
        census::pin(&self.league.roots(), &[options.server_core, options.load_core])?;

        step("what one checkout writes");
        let (written, traffic) = checkouts::counted(&self.league, &self.stores, &world.goods).await?;
        let mut reached = 0.0;
        for connections in options.connections.iter().copied() {
            step(&format!("whole checkouts, {connections} connections"));
            let (league, stores) = (&self.league, &self.stores);
            let (figures, spent) =
                checkouts::loaded(league, stores, options, connections, &world.goods).await?;
            reached = figures.per_second;
            self.record(CHECKOUT, LEAGUE, figures, Some(spent));
        }
        step("messages, at half load");
        let most = options.connections.last().copied().unwrap_or(1);
        let (league, stores) = (&self.league, &self.stores);
        let delay = checkouts::delayed(league, stores, options, most, &world.goods, reached).await?;
        let (script, transactions) = self.pgbench().await?;
        let (start_seconds, relayed) = self.alone().await?;
        step("audit");
        let audit_clean = self.audit()?;
        Ok(Report {
            machine: Machine::look(options.server_core, options.load_core),
            build: if options.debug_build { "debug" } else { "release" },
            seconds_per_scenario: options.seconds,
            products: options.products,
            scenarios: baseline.scenarios.into_iter().chain(self.scenarios).collect(),
            visibility: self.visibility,
            visibility_embedded: baseline.visibility,
            idle_mib,
            idle_ms_per_second: idle,
            spent: self.spent,
            traffic,
            rows: rows::compare((&written, checkouts::COUNTED), (&script, transactions)),
            delay,
            relayed,
            start_seconds,
            audit_clean,
            targets: vec![],
        })
    }

    /// The bench's catalogue, beside the sample shop that is there already.
    async fn stock_up(&self) -> Result<(World, Admin)> {
        let (options, league) = (self.options, &self.league);
        step(&format!("import of {} products × {} variants", options.products, catalogue::VARIANTS));
        admin::create_account(&options.hanse, "--league", &league.config)?;
        let mut admin = Admin::login(league.gateway).await?;
        admin.import(&catalogue::csv(options.products)).await?;
        self.stores.settled(league).await?;
        Ok((World::learn(league, options.products).await?, admin))
    }

    fn record(&mut self, name: &'static str, server: &'static str, figures: Figures, spent: Option<Spent>) {
        println!(
            "   {name} × {}: {:.0}/s, {:.3} ms CPU",
            figures.connections, figures.per_second, figures.cpu_ms
        );
        self.scenarios.push(Scenario { name: name.into(), server: server.into(), figures });
        self.spent.extend(spent.map(|spent| (name.to_string(), spent)));
    }

    async fn reads(
        &mut self,
        connections: usize,
        world: &World,
        cold: bool,
        admin: &mut Admin,
    ) -> Result<()> {
        step(&format!("reads, {connections} connections"));
        let (league, roots) = (&self.league, self.league.roots());
        let mut reads = vec![];
        if cold {
            reads = reads::cold(league, &roots, connections, world).await?;
        }
        let changes = (admin, &mut self.visibility);
        reads.extend(reads::cached(league, &roots, self.options, connections, world, changes).await?);
        for read in reads {
            self.record(read.name, LEAGUE, read.figures, Some(read.spent));
        }
        Ok(())
    }

    /// The script's rows, and in how many transactions it wrote them.
    async fn pgbench(&mut self) -> Result<(rows::Rows, usize)> {
        step("the same writes by pgbench");
        let league = &self.league;
        let reference =
            Reference::create(&league.postgres, "reference", &league.binaries, self.folder).await?;
        for name in self.stores.names() {
            reference.copy(&name, &league.database(&name)?).await?;
        }
        reference.fill()?;
        let before = reference.rows().await?;
        let postgres: Vec<_> = league.stores.iter().filter(|root| root.name == "postgres").cloned().collect();
        let limit = format!("--time={}", (self.options.seconds.ceil() as u64).max(1));
        let mut measured = vec![];
        for clients in self.options.connections.iter().copied() {
            let (used, began) = (Census::take(&postgres)?, Instant::now());
            let latencies = reference.run(clients, &limit).await?;
            let seconds = began.elapsed().as_secs_f64();
            let cpu = Census::take(&postgres)?.ticks() - used.ticks();
            measured.push(figures(clients, &latencies, seconds, cpu / TICKS_PER_SECOND, 0.0));
        }
        let written = rows::since(&reference.rows().await?, &before);
        let transactions = measured.iter().map(|figures| figures.operations).sum();
        for figures in measured {
            self.record(CHECKOUT, PGBENCH, figures, None);
        }
        Ok((written, transactions))
    }

    async fn alone(&mut self) -> Result<(f64, alone::Relayed)> {
        step("inventory alone");
        let (mut alone, start_seconds) = Alone::start(self.options, &self.league, self.folder).await?;
        let (figures, spent) = alone.hot_sku(self.options.time(), UNDER_WAY).await?;
        self.record(RESERVATION, LEAGUE, figures, Some(spent));
        let relayed = alone.relay((self.options.seconds * RELAYED_PER_SECOND) as usize).await?;
        println!("   relay: {:.0}/s", relayed.per_second);
        alone.stop()?;
        Ok((start_seconds, relayed))
    }

    fn audit(&self) -> Result<bool> {
        let mut command = std::process::Command::new(&self.options.hanse);
        command.args(["audit", "--rest", "2", "--league"]).arg(&self.league.config);
        let answer = command.output()?;
        if !answer.status.success() {
            let (told, errors) = (&answer.stdout, &answer.stderr);
            println!("{}{}", String::from_utf8_lossy(told), String::from_utf8_lossy(errors));
        }
        Ok(answer.status.success())
    }
}
