//! The order of a run: import, starts, cold and cached reads, carts, checkouts, the scarce thing, audit, comparison.

use crate::admin::{self, Admin};
use crate::browsing::{self, Priced, Visibility};
use crate::buying::{self, Good};
use crate::client::Client;
use crate::identity::{self, Identity};
use crate::load::Amount;
use crate::process::{Server, Watched};
use crate::report::{self, Machine, Report, Scenario};
use crate::{Options, catalogue, fixed};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const STARTS: usize = 5;
/// Rest before the idle memory is read.
const IDLE: Duration = Duration::from_secs(3);
const READY_LIMIT: Duration = Duration::from_secs(60);
const RACING_CONNECTIONS: usize = 250;
/// How many products' variants the shoppers buy.
const BOUGHT: usize = 200;

struct Bench<'a> {
    options: &'a Options,
    folder: PathBuf,
    scenarios: Vec<Scenario>,
}

/// What the scenarios ask for and buy, learnt from the shop itself.
struct World {
    lists: Vec<String>,
    products: Vec<String>,
    priced: Vec<Priced>,
    goods: Vec<Good>,
    /// Nobody buys it before the race: all of its stock is there to be sold.
    scarce: Good,
}

pub async fn run(options: &Options) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("hanse-bench-").tempdir()?;
    let path = folder.path().to_path_buf();
    let outcome = Bench { options, folder: path.clone(), scenarios: Vec::new() }.whole().await;
    if options.keep {
        let kept = folder.keep();
        println!("the data folder is {}", kept.display());
    } else if outcome.is_err() {
        println!("the shop's last words:\n{}", last_words(&path.join("hanse.log")));
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

pub fn last_words(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

impl Bench<'_> {
    async fn whole(mut self) -> Result<Report> {
        let options = self.options;
        let (shop, _) = self.start_shop().await?;
        admin::create_account(&options.hanse, "--data", &self.data())?;
        let mut admin = Admin::login(shop.address).await?;
        step(&format!("import of {} products × {} variants", options.products, catalogue::VARIANTS));
        let import = admin.import(&catalogue::csv(options.products)).await?;
        let world = self.learn(&shop).await?;
        self.record_bodies(&shop, &world).await?;
        shop.stop()?;

        step("starts");
        let (mut shop, start_seconds) = self.median_start().await?;
        tokio::time::sleep(IDLE).await;
        let idle_mib = shop.memory()?;

        let mut visibility = Visibility::default();
        for (round, connections) in options.connections.iter().copied().enumerate() {
            if round > 0 {
                shop.stop()?;
                shop = self.start_shop().await?.0;
            }
            self.cold_reads(&shop, connections, &world).await?;
            let mut admin = Admin::login(shop.address).await?;
            self.cached_reads(&shop, connections, &world, &mut admin, &mut visibility).await?;
            self.purchases(&shop, connections, &world).await?;
        }
        let identity = self.identity(&shop, &world).await?;
        step("1,000 shoppers, 100 units");
        let mut admin = Admin::login(shop.address).await?;
        let scarce = buying::scarce(&shop, RACING_CONNECTIONS, &mut admin, &world.scarce).await?;
        step("audit");
        let audit_clean = audit(&options.hanse, &self.data())?;
        shop.stop()?;
        self.comparison().await?;
        Ok(Report {
            machine: Machine::look(options.server_core, options.load_core),
            seconds_per_scenario: options.seconds,
            products: options.products,
            import_rows: import.rows,
            import_rows_per_second: import.rows as f64 / import.seconds,
            start_seconds,
            idle_mib,
            scenarios: self.scenarios,
            visibility,
            identity,
            scarce,
            audit_clean,
            targets: Vec::new(),
        })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.options.seconds)
    }

    /// Starts the shop; the seconds until it was ready.
    async fn start_shop(&self) -> Result<(Server, f64)> {
        let data = self.data().display().to_string();
        let began = Instant::now();
        let log = self.folder.join("hanse.log");
        let mut shop =
            Server::start(&self.options.hanse, &self.options.server_core.to_string(), &log, |address| {
                ["up", "--data", &data, "--listen", &address.to_string(), "--no-sample"]
                    .map(String::from)
                    .to_vec()
            })?;
        await_answer(&mut shop, "/readyz").await?;
        Ok((shop, began.elapsed().as_secs_f64()))
    }

    async fn median_start(&self) -> Result<(Server, f64)> {
        let mut times = Vec::new();
        loop {
            let (shop, seconds) = self.start_shop().await?;
            times.push(seconds);
            if times.len() == STARTS {
                times.sort_by(f64::total_cmp);
                return Ok((shop, times[STARTS / 2]));
            }
            shop.stop()?;
        }
    }

    async fn learn(&self, shop: &Server) -> Result<World> {
        let mut client = Client::new(shop.address);
        let last =
            self.options.products.checked_sub(1).context("a shop without products has nothing to buy")?;
        let mut goods = Vec::new();
        for product in 0..BOUGHT.min(last) {
            goods.extend(variants(&mut client, product).await?);
        }
        let scarce = variants(&mut client, last).await?.into_iter().next().context("nothing is scarce")?;
        Ok(World {
            lists: browsing::list_paths(&mut client).await?,
            products: (0..self.options.products).map(browsing::product_path).collect(),
            priced: browsing::first_page(&mut client).await?,
            goods,
            scarce,
        })
    }

    /// What the shop answers, for the server to compare with.
    async fn record_bodies(&self, shop: &Server, world: &World) -> Result<()> {
        let folder = self.folder.join("bodies");
        fs::create_dir_all(&folder)?;
        let mut client = Client::new(shop.address);
        fs::write(folder.join("list"), client.get(browsing::FIRST_PAGE).await?.body)?;
        fs::write(folder.join("product"), client.get(&world.products[0]).await?.body)?;
        fs::write(folder.join("search"), client.get(&browsing::search_paths()[0]).await?.body)?;
        let cart = buying::open_cart(&mut client).await?;
        let mut body = serde_json::Value::Null;
        for good in &world.goods[..3] {
            body = buying::add(&mut client, &cart, good, 1).await?;
        }
        Ok(fs::write(folder.join("cart"), serde_json::to_vec(&body)?)?)
    }

    fn record(&mut self, name: &'static str, server: &'static str, figures: crate::load::Figures) {
        println!(
            "   {name} × {}: {:.0}/s, {:.3} ms CPU",
            figures.connections, figures.per_second, figures.cpu_ms
        );
        self.scenarios.push(Scenario { name: name.into(), server: server.into(), figures });
    }

    /// Every key once, on a shop that was just started.
    async fn cold_reads(&mut self, shop: &Server, connections: usize, world: &World) -> Result<()> {
        step(&format!("reads, uncached, {connections} connections"));
        for (name, paths) in [(report::LIST_COLD, &world.lists), (report::PRODUCT_COLD, &world.products)] {
            let figures = browsing::ask(shop, connections, Amount::Operations(paths.len()), paths).await?;
            self.record(name, "hanse", figures);
        }
        Ok(())
    }

    async fn cached_reads(
        &mut self,
        shop: &Server,
        connections: usize,
        world: &World,
        admin: &mut Admin,
        seen: &mut Visibility,
    ) -> Result<()> {
        step(&format!("reads, cached, while prices change, {connections} connections"));
        let first = vec![browsing::FIRST_PAGE.to_string()];
        let hot =
            world.priced.iter().map(|product| format!("/api/store/products/{}", product.slug)).collect();
        for (name, paths) in [(report::LIST_CACHED, &first), (report::PRODUCT_CACHED, &hot)] {
            let (time, priced) = (self.time(), &world.priced);
            let asking =
                browsing::ask_while_prices_change(shop, connections, time, paths, admin, priced, seen);
            let figures = asking.await?;
            self.record(name, "hanse", figures);
        }
        let searches = browsing::search_paths();
        let figures = browsing::ask(shop, connections, Amount::For(self.time()), &searches).await?;
        self.record(report::SEARCH, "hanse", figures);
        Ok(())
    }

    async fn purchases(&mut self, shop: &Server, connections: usize, world: &World) -> Result<()> {
        step(&format!("purchases, {connections} connections"));
        let figures = buying::add_to_cart(shop, connections, self.time(), &world.goods).await?;
        self.record(report::ADD, "hanse", figures);
        let figures = buying::checkouts(shop, connections, self.time(), &world.goods).await?;
        self.record(report::CHECKOUT, "hanse", figures);
        Ok(())
    }

    async fn identity(&self, shop: &Server, world: &World) -> Result<Identity> {
        step("tokens, requests with and without them, a flood of logins");
        let mut found = Identity { token_micros: identity::tokens().await?, ..Identity::default() };
        let connections = self.options.connections.last().copied().unwrap_or(1);
        identity::requests(shop, connections, self.time() * 2, &world.goods[0], &mut found).await?;
        let checkouts = report::find(&self.scenarios, report::CHECKOUT, "hanse");
        let most = checkouts.iter().map(|figures| figures.per_second).fold(1.0, f64::max);
        found.flood = identity::flood(shop, self.time() * 3, &world.goods, most).await?;
        println!("   {found:?}");
        Ok(found)
    }

    async fn comparison(&mut self) -> Result<()> {
        step("the server to compare with");
        let server = fixed_server(&self.folder, self.options.server_core).await?;
        for connections in self.options.connections.clone() {
            for (name, path) in [
                (report::LIST_CACHED, "/list"),
                (report::PRODUCT_CACHED, "/product"),
                (report::SEARCH, "/search"),
                (report::ADD, "/cart"),
            ] {
                let paths = [path.to_string()];
                let figures = browsing::ask(&server, connections, Amount::For(self.time()), &paths).await?;
                self.record(name, "fixed", figures);
            }
        }
        Ok(())
    }
}

/// What the shop's own audit says; its breaches are shown.
pub fn audit(hanse: &Path, data: &Path) -> Result<bool> {
    let answer =
        std::process::Command::new(hanse).args(["audit", "--rest", "2", "--data"]).arg(data).output()?;
    if !answer.status.success() {
        println!("{}{}", String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
    }
    Ok(answer.status.success())
}

/// The server to compare with, on one core, with what `bodies` in the folder holds.
pub async fn fixed_server(folder: &Path, core: usize) -> Result<Server> {
    let bodies = folder.join("bodies");
    let own = std::env::current_exe()?;
    let mut server = Server::start(&own, &core.to_string(), &folder.join("fixed.log"), |address| {
        // Written before the server reads it; the folder is this run's own.
        let written = fs::write(bodies.join(fixed::ADDRESS_FILE), address.to_string());
        let folder = if written.is_ok() { bodies.display().to_string() } else { String::new() };
        ["fixed", "--dir", &folder].map(String::from).to_vec()
    })?;
    await_answer(&mut server, "/list").await?;
    Ok(server)
}

pub async fn variants(client: &mut Client, product: usize) -> Result<Vec<Good>> {
    let path = browsing::product_path(product);
    let page = client.get(&path).await?.expect(&[200], &path)?;
    let variants = page["variants"].as_array().context("a product without variants")?;
    let good = |variant: &serde_json::Value| {
        let field = |name: &str| variant[name].as_str().map(str::to_string);
        let (id, sku) = field("id").zip(field("sku")).context("a variant without id or SKU")?;
        Ok(Good { id, sku })
    };
    variants.iter().map(good).collect()
}

pub fn step(what: &str) {
    println!("-- {what}");
}

pub async fn await_answer(server: &mut Server, path: &str) -> Result<()> {
    let began = Instant::now();
    let mut client = Client::new(server.address);
    while began.elapsed() < READY_LIMIT && !server.ended()? {
        if client.get(path).await.is_ok_and(|answer| answer.status == 200) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bail!("the server on core {} was not ready within {} s", server.cores(), began.elapsed().as_secs())
}
