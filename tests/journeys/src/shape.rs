//! Which shape the shops of this program have: everything in one process and one data folder, or a league of processes with
//! databases on a PostgreSQL server, messages through RabbitMQ and carts in Redis. The stories are the same.

use crate::process::Process;
use crate::shop::hanse;
use crate::store::{self, Store};
use anyhow::{Context, Result, bail};
use hanse_testkit::{create_databases, fresh_name};
use serde_json::Value;
use std::fmt::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The program whose stories are of leagues has this name; every other one's are of shops in a data folder.
const LEAGUE: &str = "league";
/// What each process runs: neighbours that ask each other most are apart.
const PROCESSES: [&[&str]; 2] = [
    &["auth", "product", "order", "notification", "analytics", "gateway"],
    &["user", "inventory", "pricing", "cart", "payment"],
];
const ADMIN: (&str, &str) = ("admin@hanse.localhost", "first-of-the-league");

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Embedded,
    League,
}

impl Shape {
    /// Makes the folder's configuration fit the shape: a shop of its own on the test's servers.
    pub(crate) async fn prepare(folder: &Path) -> Result<Self> {
        if !in_a_league() {
            return Ok(Self::Embedded);
        }
        let league = Self::league(folder).await?;
        verb(&["keys", "--file", &folder.join("secrets.json").display().to_string()]).await?;
        Ok(league)
    }

    /// A league whose shop comes from elsewhere, with its keys.
    pub(crate) async fn league(folder: &Path) -> Result<Self> {
        configure(folder).await?;
        verb(&["certs", "--dir", &folder.join("certs").display().to_string()]).await?;
        Ok(Self::League)
    }

    /// Starts all of its processes; what the one with the storefront told.
    pub(crate) async fn start(&self, folder: &Path, log: &Path) -> Result<(Vec<Process>, Value)> {
        if *self == Self::Embedded {
            let data = folder.display().to_string();
            let args = ["up", "--listen", "127.0.0.1:0", "--no-sample", "--json", "--data", &data];
            let (process, told) = Process::start(&args, log).await?;
            return Ok((vec![process], told));
        }
        let config = config(folder).display().to_string();
        let options = ["--json", "--config", &config];
        let lines = PROCESSES.map(|services| [&["serve"], services, &options].concat());
        let started = lines.iter().map(|line| Process::start(line, log));
        let (mut processes, mut front) = (vec![], Value::Null);
        for started in futures::future::join_all(started).await {
            let (process, told) = started?;
            processes.push(process);
            if told["storefront"].is_string() {
                front = told;
            }
        }
        Ok((processes, front))
    }

    /// The first admin's login: told by an embedded shop, made in a league.
    pub(crate) async fn first_admin(&self, folder: &Path, told: &Value) -> Result<(String, String)> {
        let text = |key: &str| told["admin"][key].as_str().map(str::to_string);
        if *self == Self::Embedded {
            let email = text("email").context("no first admin was told")?;
            return Ok((email, text("password").context("no password was told")?));
        }
        let (email, password) = ADMIN;
        let league = config(folder).display().to_string();
        verb(&["admin", "create", "--email", email, "--password", password, "--league", &league]).await?;
        Ok((email.into(), password.into()))
    }

    pub(crate) fn store(&self, folder: &Path, service: &str) -> Result<Store> {
        match self {
            Self::Embedded => Ok(Store::File(folder.join(format!("{service}.sqlite")))),
            Self::League => store::database(&config(folder), service),
        }
    }

    pub(crate) fn reach(&self, folder: &Path) -> [String; 2] {
        match self {
            Self::Embedded => ["--data".into(), folder.display().to_string()],
            Self::League => ["--league".into(), config(folder).display().to_string()],
        }
    }
}

/// Whether the shops of this program are leagues.
pub fn in_a_league() -> bool {
    let program = std::env::current_exe().unwrap_or_default();
    // `league-` and what tells builds apart.
    let name = program.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    name.split_once('-').is_some_and(|(name, _)| name == LEAGUE)
}

/// Below those that connections are given by themselves, thousands of which come and go meanwhile. Stories beside each other
/// have ports apart: a process that is about to begin has let go of what was looked for.
fn free_port() -> Result<TcpListener> {
    const EACH: u16 = 1_000;
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok().and_then(|slot| slot.parse().ok());
    let own = 12_000 + EACH * u16::try_from(slot.unwrap_or_else(std::process::id) % 20)?;
    for _ in 0..100 {
        if let Ok(free) = TcpListener::bind(("127.0.0.1", rand::random_range(own..own + EACH))) {
            return Ok(free);
        }
    }
    bail!("a hundred ports in a row are taken")
}

fn config(folder: &Path) -> PathBuf {
    folder.join("hanse.toml")
}

async fn verb(args: &[&str]) -> Result<()> {
    let ended = hanse(args).await?;
    if !ended.status.success() {
        bail!("hanse {} ended with {}: {}", args.join(" "), ended.status, ended.stderr);
    }
    Ok(())
}

async fn configure(folder: &Path) -> Result<()> {
    let given = |name: &str| {
        std::env::var(name).with_context(|| format!("a league needs {name}; cargo xtask test sets it"))
    };
    let (postgres, broker) = (given("HANSE_TEST_POSTGRES_URL")?, given("HANSE_TEST_RABBITMQ_URL")?);
    let redis = given("HANSE_TEST_REDIS_URL")?;
    let shop = fresh_name();
    let services = PROCESSES.iter().flat_map(|p| p.iter()).filter(|name| **name != "gateway");
    let databases: Vec<String> = services.clone().map(|service| format!("{shop}_{service}")).collect();
    create_databases(&postgres, &databases).await?;
    let (server, _) = postgres.rsplit_once('/').context("HANSE_TEST_POSTGRES_URL names no database")?;
    // All at once, so that no two are the same; nobody else is told of them.
    let free = services.clone().map(|_| free_port()).collect::<Result<Vec<_>>>()?;
    let (mut ports, mut peers) = (String::new(), String::new());
    for (service, free) in services.zip(&free) {
        let port = free.local_addr()?.port();
        writeln!(ports, "{service} = {port}")?;
        writeln!(peers, "{service} = [\"127.0.0.1:{port}\"]")?;
    }
    let shown = folder.display();
    let given = std::fs::read_to_string(config(folder)).unwrap_or_default();
    // Staff log in with passwords alone, unless a story says otherwise.
    let auth = if given.contains("[auth]") { "" } else { "[auth]\nstaff_factor = \"when_enrolled\"\n\n" };
    // Nor has the gateway other settings.
    let front = "[server]\nlisten = \"127.0.0.1:0\"\ndrain_ms = 100\n";
    let given = match given.contains("[server]\n") {
        true => given.replacen("[server]\n", front, 1),
        false => format!("{front}\n{given}"),
    };
    let text = format!(
        "{given}\n[admin]\nlisten = \"127.0.0.1:0\"\n\n\
         {auth}[database]\nurl = \"{server}/{shop}_{{service}}\"\nconnections = 6\n\n\
         [broker]\nurl = \"{broker}\"\nprefix = \"{shop}\"\n\n[redis]\nurl = \"{redis}\"\nprefix = \"{shop}\"\n\n\
         [keys]\nfile = \"{shown}/secrets.json\"\n\n\
         [rpc]\nlisten = \"127.0.0.1\"\ncertificates = \"{shown}/certs\"\n\n[rpc.ports]\n{ports}\n[rpc.peers]\n{peers}"
    );
    Ok(std::fs::write(config(folder), text)?)
}
