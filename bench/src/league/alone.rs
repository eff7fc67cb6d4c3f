//! The inventory service alone, on the league's stores but with a database and exchanges of its own, so that nobody else
//! works on what it tells: one hot SKU, the relay, and how soon such a process is ready.

use super::broker::{Broker, Told, envelope};
use super::census::{Census, Root};
use super::map::League;
use super::stores::{connect, now};
use super::{Options, Spent};
use crate::load::{Figures, figures};
use crate::process::{Server, Watched};
use crate::run::await_answer;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use uuid::Uuid;

const NAME: &str = "alone";
const STARTS: usize = 5;
const VARIANT: &str = "var_0000000000000000000000000000b0b0";
const RESERVE: &str = "inventory.ReserveStock.v1";
const SET: &str = "inventory.SetStock.v1";
const UPDATED: &str = "inventory.InventoryUpdated.v1";
const RELAYED_LIMIT: Duration = Duration::from_secs(120);

pub struct Alone {
    server: Server,
    broker: Broker,
    told: Told,
    database: Client,
    roots: Vec<Root>,
}

/// A full outbox emptied.
#[derive(Serialize)]
pub struct Relayed {
    pub messages: usize,
    pub per_second: f64,
    /// Processor milliseconds per message of the service and of the stores.
    pub spent: Spent,
}

impl Alone {
    /// Starts it several times; the median of the seconds until it was ready.
    pub async fn start(options: &Options, league: &League, folder: &Path) -> Result<(Self, f64)> {
        let server = connect(&league.postgres).await?;
        server.batch_execute(&format!("create database {NAME}_inventory")).await?;
        let config = folder.join("alone.toml");
        write_config(league, &config, "127.0.0.1:0")?;
        let migrate = Command::new(&options.hanse)
            .args(["migrate", "inventory", "--config"])
            .arg(&config)
            .output()
            .with_context(|| format!("cannot start {}", options.hanse.display()))?;
        if !migrate.status.success() {
            bail!("hanse migrate failed: {}", String::from_utf8_lossy(&migrate.stderr));
        }
        let (server, seconds) = median_start(options, league, folder, &config).await?;
        let broker = Broker::connect(&league.broker, NAME).await?;
        let told = broker.listen(UPDATED).await?;
        let database = connect(&league.database(&format!("{NAME}_inventory"))?).await?;
        let own = Root { name: "inventory".into(), pid: server.id() };
        let roots = [own].into_iter().chain(league.stores.iter().cloned()).collect();
        Ok((Self { server, broker, told, database, roots }, seconds))
    }

    /// Reservations of one SKU, so many under way at any time, until the time is over and all are answered.
    pub async fn hot_sku(&mut self, time: Duration, under_way: usize) -> Result<(Figures, Spent)> {
        let target =
            json!({"variant_id": VARIANT, "sku": "HOT", "on_hand": 1_000_000_000_i64, "policy": "deny"});
        let wanted = json!({"key": "bench", "levels": [target]});
        self.broker.command(SET, "bench", &wanted).await?;
        let (_, answer) = self.told.next().await?;
        if answer.outcome != "adjusted" || answer.reason.is_some() {
            bail!("the stock was not set: {answer:?}");
        }
        let (before, began) = (Census::take(&self.roots)?, Instant::now());
        let (mut asked, mut latencies) = (BTreeMap::new(), vec![]);
        for _ in 0..under_way {
            self.ask(&mut asked).await?;
        }
        while !asked.is_empty() {
            let (subject, answer) = self.told.next().await?;
            let since = asked.remove(&subject).with_context(|| format!("an answer too many: {answer:?}"))?;
            if answer.outcome != "reserved" {
                bail!("a reservation of a thing in plenty was refused: {answer:?}");
            }
            latencies.push(u32::try_from(since.elapsed().as_micros()).unwrap_or(u32::MAX));
            if began.elapsed() < time {
                self.ask(&mut asked).await?;
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        let spent = Spent::per(latencies.len(), &Census::take(&self.roots)?, &before);
        latencies.sort_unstable();
        let cpu = spent.total() * latencies.len() as f64 / 1000.0;
        Ok((figures(under_way, &latencies, seconds, cpu, self.server.memory()?), spent))
    }

    async fn ask(&self, asked: &mut BTreeMap<String, Instant>) -> Result<()> {
        let order = format!("ord_{}", Uuid::now_v7().simple());
        let lines = json!({"order_id": order, "lines": [{"variant_id": VARIANT, "quantity": 1}]});
        asked.insert(order.clone(), Instant::now());
        self.broker.command(RESERVE, &order, &lines).await
    }

    /// Fills the outbox in one transaction, and waits until the relay has sent all of it, with confirms, and the broker
    /// has delivered it.
    pub async fn relay(&mut self, messages: usize) -> Result<Relayed> {
        let before = Census::take(&self.roots)?;
        let template = envelope(UPDATED, "@subject", "/services/inventory", &sample()).to_string();
        let id = serde_json::from_str::<Value>(&template)?["id"].as_str().unwrap_or_default().to_string();
        let filling = self.database.transaction().await?;
        let fill = "insert into outbox (id, part, type, subject, aggver, payload, created_at, not_before)
                    select id, n % 16, $2, 'relayed_' || n, 1,
                           replace(replace($1, $3, id::text), '@subject', 'relayed_' || n), now(), now()
                    from (select gen_random_uuid() as id, n from generate_series(1, $4::bigint) n) new";
        filling.execute(fill, &[&template, &UPDATED, &id, &i64::try_from(messages)?]).await?;
        let began = now();
        filling.commit().await?;
        for _ in 0..messages {
            let (subject, _) = self.told.next().await?;
            if !subject.starts_with("relayed_") {
                bail!("something else was told: {subject}");
            }
        }
        let seconds = self.last_marked(messages).await? - began;
        let spent = Spent::per(messages, &Census::take(&self.roots)?, &before);
        Ok(Relayed { messages, per_second: messages as f64 / seconds.max(0.001), spent })
    }

    /// When the last of them was marked as published.
    async fn last_marked(&self, messages: usize) -> Result<f64> {
        let began = Instant::now();
        let marked = "select count(published_at), extract(epoch from max(published_at))::float8
                      from outbox where subject like 'relayed\\_%'";
        loop {
            let row = self.database.query_one(marked, &[]).await?;
            if row.get::<_, i64>(0) == i64::try_from(messages)? {
                return Ok(row.get(1));
            }
            if began.elapsed() > RELAYED_LIMIT {
                bail!("after {} s the outbox is not empty", RELAYED_LIMIT.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn stop(self) -> Result<()> {
        self.server.stop()
    }
}

/// An answer as inventory gives it, of usual size.
fn sample() -> Value {
    let level = json!({"variant_id": VARIANT, "available": 999, "policy": "deny", "level_version": 7});
    json!({"outcome": "reserved", "order_id": "ord_0000000000000000000000000000b0b0", "key": null,
        "restock_id": null, "reason": null, "short": [], "levels": [level]})
}

/// The league's own stores, certificates and keys; a database, exchanges and ports of its own.
fn write_config(league: &League, file: &Path, probes: &str) -> Result<()> {
    let beside = |name: &str| league.config.with_file_name(name).display().to_string();
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let text = format!(
        "[server]\ndrain_ms = 100\n\n[auth]\nstaff_factor = \"when_enrolled\"\n\n\
         [database]\nurl = \"{}\"\n\n[broker]\nurl = \"{}\"\nprefix = \"{NAME}\"\n\n\
         [keys]\nfile = \"{}\"\n\n[admin]\nlisten = \"{probes}\"\n\n\
         [rpc]\nlisten = \"127.0.0.1\"\ncertificates = \"{}\"\n\n[rpc.ports]\ninventory = {port}\n",
        league.database(&format!("{NAME}_{{service}}"))?,
        league.broker,
        beside("secrets.json"),
        beside("certs"),
    );
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

async fn median_start(
    options: &Options,
    league: &League,
    folder: &Path,
    config: &Path,
) -> Result<(Server, f64)> {
    let log = folder.join("alone.log");
    let mut times = vec![];
    loop {
        let began = Instant::now();
        let mut server = Server::start(&options.hanse, &options.all_cores(), &log, |address| {
            // A file that could not be written names port 0, and the process is never ready.
            let written = write_config(league, config, &address.to_string());
            let config = if written.is_ok() { config.display().to_string() } else { String::new() };
            ["serve", "inventory", "--config", &config].map(String::from).to_vec()
        })?;
        await_answer(&mut server, "/readyz").await?;
        times.push(began.elapsed().as_secs_f64());
        if times.len() == STARTS {
            times.sort_by(f64::total_cmp);
            return Ok((server, times[STARTS / 2]));
        }
        server.stop()?;
    }
}
