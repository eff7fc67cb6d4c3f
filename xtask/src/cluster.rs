//! `cargo xtask cluster`: a whole league on this machine, every service a process of its own, with private servers below
//! it; started, filled with the sample goods, shown, and taken down again.

use crate::process::{self, Server};
use crate::{private_postgres, private_rabbitmq, private_redis, tools, web};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Each process with the services in it; those that shoppers wait for have two replicas.
const PROCESSES: [(&str, &str); 14] = [
    ("auth", "auth"),
    ("user", "user"),
    ("product-1", "product"),
    ("product-2", "product"),
    ("inventory", "inventory"),
    ("pricing", "pricing"),
    ("cart-1", "cart"),
    ("cart-2", "cart"),
    ("order-1", "order"),
    ("order-2", "order"),
    ("payment", "payment"),
    ("notification", "notification"),
    ("analytics", "analytics"),
    ("gateway", "gateway"),
];
/// Stands in the configuration for each service's name.
const SERVICE: &str = "{service}";
const READY_LIMIT: Duration = Duration::from_secs(120);
const ADMIN: (&str, &str) = ("admin@hanse.localhost", "cluster-of-services");

/// A league that runs until it is dropped.
pub struct Cluster {
    pub storefront: u16,
    /// Probes of each process.
    pub probes: Vec<(&'static str, u16)>,
    pub config: PathBuf,
    processes: Vec<(&'static str, Server)>,
    /// As in the configuration: for whichever service.
    database: String,
    postgres: private_postgres::PrivatePostgres,
    rabbitmq: private_rabbitmq::PrivateRabbitMq,
    redis: private_redis::PrivateRedis,
    _folder: process::Folder,
}

/// Where one process listens.
struct Berth {
    name: &'static str,
    service: &'static str,
    rpc: u16,
    probes: u16,
}

pub fn run(debug: bool) -> Result<()> {
    tools::c_compiler()?;
    web::build(false)?;
    let hanse = if debug {
        crate::test::build_tests()?;
        "debug/hanse"
    } else {
        crate::up::build_release("hanse")?;
        "release/hanse"
    };
    let cluster = Cluster::start(&process::target_dir()?.join(hanse), |_| ())?;
    println!("\n  Storefront      http://127.0.0.1:{}/", cluster.storefront);
    println!("  Admin           {} / {}", ADMIN.0, ADMIN.1);
    println!(
        "                  by password alone (auth.staff_factor = \"when_enrolled\"): this is a trial on one machine"
    );
    println!("  Configuration   {}", cluster.config.display());
    for (name, port) in &cluster.probes {
        println!("  {name:<15} http://127.0.0.1:{port}/readyz, /metrics");
    }
    println!("\nEnter ends it.");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    cluster.stop()
}

impl Cluster {
    /// Servers, databases, certificates, keys, processes, goods: in this order. What `tell` sets is told to each process.
    pub fn start(hanse: &Path, tell: impl Fn(&mut Command)) -> Result<Self> {
        tools::postgres()?;
        tools::rabbitmq()?;
        tools::redis()?;
        let folder = process::Folder::fresh()?;
        let postgres = private_postgres::start().context("cannot start a PostgreSQL server")?;
        let rabbitmq = private_rabbitmq::start().context("cannot start a RabbitMQ broker")?;
        let redis = private_redis::start().context("cannot start a Redis server")?;
        let password = databases(postgres.url())?;
        let berths = PROCESSES
            .into_iter()
            .map(|(name, service)| Ok(Berth { name, service, rpc: quiet_port()?, probes: quiet_port()? }))
            .collect::<Result<Vec<_>>>()?;
        let storefront = quiet_port()?;
        let config = folder.path().join("hanse.toml");
        let server = postgres.url().rsplit_once('@').context("no server in the url")?.1;
        let server = server.split_once('/').context("no database in the url")?.0;
        let database = format!("postgres://hanse_{SERVICE}:{password}@{server}/hanse_{SERVICE}");
        fs::write(
            &config,
            configuration(folder.path(), &berths, storefront, [&database, rabbitmq.url(), &redis.url()])?,
        )?;

        let file = |name: &str| folder.path().join(name).display().to_string();
        let league = config.display().to_string();
        let verb = |args: &[&str]| process::run(process::command(hanse).args(args));
        verb(&["certs", "--dir", &file("certs")])?;
        verb(&["keys", "--file", &file("secrets.json")])?;
        verb(&["migrate", "--config", &league])?;
        let mut processes = vec![];
        for berth in &berths {
            let mut serve = process::command(hanse);
            serve.args(["serve", berth.service, "--config", &league, "--json"]);
            // More processes than cores: one thread each, as on a machine where each has its core.
            serve.env("TOKIO_WORKER_THREADS", "1");
            serve.env("HANSE__ADMIN__LISTEN", format!("127.0.0.1:{}", berth.probes));
            if berth.service != "gateway" {
                serve.env("HANSE__RPC__PORTS", format!("{{ {} = {} }}", berth.service, berth.rpc));
            }
            tell(&mut serve);
            let log = folder.path().join(format!("{}.log", berth.name));
            processes.push((berth.name, Server::start(&serve, &log)?));
        }
        for (berth, (_, process)) in berths.iter().zip(&processes) {
            process.await_ready(berth.probes, READY_LIMIT).with_context(|| berth.name.to_string())?;
        }
        let (email, password) = ADMIN;
        verb(&["admin", "create", "--email", email, "--password", password, "--league", &league])?;
        verb(&["import", "--sample", "--league", &league])?;
        let probes = berths.iter().map(|berth| (berth.name, berth.probes)).collect();
        Ok(Self {
            storefront,
            probes,
            config,
            processes,
            database,
            postgres,
            rabbitmq,
            redis,
            _folder: folder,
        })
    }

    /// The URL of a service's database; it holds the password.
    pub fn database(&self, service: &str) -> String {
        self.database.replace(SERVICE, service)
    }

    /// The ends of what each process said.
    pub fn last_words(&self) -> String {
        let words = self.processes.iter().map(|(name, process)| format!("{name}:\n{}", process.last_words()));
        words.collect::<Vec<_>>().join("\n")
    }

    /// Where everything is and which processes it is, for whoever measures it. It holds passwords.
    pub fn map(&self) -> Result<serde_json::Value> {
        let services = self.processes.iter().zip(&self.probes);
        let service = |((name, process), (_, probes)): (&(&str, Server), &(&str, u16))| json!({"name": name, "pid": process.pid(), "probes": probes});
        Ok(json!({
            "gateway": format!("127.0.0.1:{}", self.storefront),
            "config": self.config,
            "postgres": self.postgres.url(),
            "broker": self.rabbitmq.url(),
            "binaries": private_postgres::binaries().context("no PostgreSQL")?,
            "services": services.map(service).collect::<Vec<_>>(),
            "stores": [
                {"name": "postgres", "pid": self.postgres.pid()},
                {"name": "rabbitmq", "pid": self.rabbitmq.pid()},
                {"name": "redis", "pid": self.redis.pid()},
            ],
        }))
    }

    /// Ends every process in good order; an error names those that did not.
    pub fn stop(self) -> Result<()> {
        let mut wrong = String::new();
        for (name, process) in self.processes.into_iter().rev() {
            if let Err(e) = process.stop() {
                writeln!(wrong, "{name}: {e}")?;
            }
        }
        if wrong.is_empty() { Ok(()) } else { bail!("{wrong}") }
    }
}

/// A free port below those that connections are given by themselves, thousands of which come and go meanwhile.
fn quiet_port() -> Result<u16> {
    for _ in 0..100 {
        let random = u32::from_str_radix(&crate::private_folder::random_hex()?[..8], 16)?;
        let port = 12_000 + u16::try_from(random % 20_000)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("a hundred ports in a row are taken")
}

/// A role and a database for each service; the roles' password.
fn databases(server: &str) -> Result<String> {
    let password = crate::private_folder::random_hex()?;
    let bin = private_postgres::binaries().context("no PostgreSQL")?;
    let psql = bin.join("psql");
    let services: std::collections::BTreeSet<&str> = PROCESSES.iter().map(|p| p.1).collect();
    for service in services.into_iter().filter(|s| *s != "gateway") {
        let mut command = Command::new(&psql);
        command.arg(server).args(["--quiet", "--set", "ON_ERROR_STOP=1"]);
        command.args(["-c", &format!("create role hanse_{service} login password '{password}'")]);
        command.args(["-c", &format!("create database hanse_{service} owner hanse_{service}")]);
        let answer = command.output().with_context(|| format!("cannot start {}", psql.display()))?;
        if !answer.status.success() {
            bail!("no database for {service}: {}", String::from_utf8_lossy(&answer.stderr));
        }
    }
    Ok(password)
}

fn configuration(
    folder: &Path,
    berths: &[Berth],
    storefront: u16,
    [database, broker, redis]: [&str; 3],
) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "[server]\nlisten = \"127.0.0.1:{storefront}\"\ndrain_ms = 500\n")?;
    writeln!(
        text,
        "[auth]\nstaff_factor = \"when_enrolled\"\n\n\
         [database]\nurl = \"{database}\"\n\n[broker]\nurl = \"{broker}\"\n\n[redis]\nurl = \"{redis}\"\n"
    )?;
    writeln!(text, "[keys]\nfile = \"{}\"\n", folder.join("secrets.json").display())?;
    writeln!(text, "[rpc]\nlisten = \"127.0.0.1\"\ncertificates = \"{}\"\n", folder.join("certs").display())?;
    writeln!(text, "[rpc.peers]")?;
    let services: std::collections::BTreeSet<&str> = berths.iter().map(|b| b.service).collect();
    for service in services.into_iter().filter(|s| *s != "gateway") {
        let replicas = berths.iter().filter(|b| b.service == service);
        let addresses: Vec<String> = replicas.map(|b| format!("\"127.0.0.1:{}\"", b.rpc)).collect();
        writeln!(text, "{service} = [{}]", addresses.join(", "))?;
    }
    Ok(text)
}
