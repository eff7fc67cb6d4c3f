//! A shop as it runs: started on a data folder, asked, ended in good order or killed, and started again.

use crate::http::Http;
use crate::process::Process;
use crate::shape::Shape;
use crate::shopper::login;
use crate::store::Store;
use crate::until::{DEADLINE, until, until_within};
use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

pub struct Shop {
    pub http: Http,
    /// Where it tells its operator how it is.
    pub probes: Http,
    /// What runs of it; killed when the shop is dropped.
    processes: Vec<Process>,
    shape: Shape,
    login: (String, String),
    root: TempDir,
}

/// How a verb of the command line ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program to its end.
pub async fn hanse(args: &[&str]) -> Result<Ended> {
    run(args, Stdio::piped()).await
}

/// As [`hanse`], with an output that nobody reads.
pub async fn hanse_unheard(args: &[&str]) -> Result<Ended> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    run(args, writer.into()).await
}

/// Runs the program and kills it after the first line that says enough; whether there was such a line.
pub async fn hanse_killed_at(args: &[&str], mut enough: impl FnMut(&Value) -> bool) -> Result<bool> {
    let mut command = Command::new(crate::binary::path()?);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let said = tokio::time::timeout(DEADLINE * 2, async {
        while let Some(line) = lines.next_line().await? {
            if enough(&serde_json::from_str(&line).with_context(|| line.clone())?) {
                return Ok(true);
            }
        }
        Ok::<_, anyhow::Error>(false)
    });
    let said = said.await.with_context(|| format!("hanse {} did not end", args.join(" ")))??;
    child.kill().await?;
    Ok(said)
}

async fn run(args: &[&str], stdout: Stdio) -> Result<Ended> {
    let mut command = Command::new(crate::binary::path()?);
    command.args(args).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).kill_on_drop(true);
    let output = tokio::time::timeout(DEADLINE * 2, command.spawn()?.wait_with_output()).await;
    let output = output.with_context(|| format!("hanse {} did not end", args.join(" ")))??;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ended { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

impl Shop {
    /// A new shop without goods, open.
    pub async fn open() -> Result<Self> {
        Self::open_on(|_| Ok(())).await
    }

    /// As [`Shop::open`], on a data folder that was made ready before: with a `hanse.toml`, or on a disk of its own.
    pub async fn open_on(prepare: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let root = tempfile::tempdir()?;
        let folder = data(root.path());
        std::fs::create_dir(&folder)?;
        prepare(&folder)?;
        let shape = Shape::prepare(&folder).await?;
        let (processes, told) = shape.start(&folder, &log(root.path())).await?;
        let http = Http::new(told["storefront"].as_str().context("no address was told")?)?;
        let probes = Http::new(probed_at(&told)?)?;
        let login = shape.first_admin(&folder, &told).await?;
        let shop = Self { http, probes, processes, shape, login, root };
        shop.ready().await?;
        Ok(shop)
    }

    /// A league with new databases that this shop can be moved to. It is started afterwards, and its staff are this one's.
    pub async fn league_to_move_to(&self) -> Result<Self> {
        let root = tempfile::tempdir()?;
        let folder = data(root.path());
        std::fs::create_dir(&folder)?;
        let shape = Shape::league(&folder).await?;
        Ok(Self {
            http: Http::new("")?,
            probes: Http::new("")?,
            processes: vec![],
            shape,
            login: self.login.clone(),
            root,
        })
    }

    pub fn data(&self) -> PathBuf {
        data(self.root.path())
    }

    /// Its data folder, as an argument.
    pub fn data_arg(&self) -> String {
        self.data().display().to_string()
    }

    /// How the command line's verbs reach it, as arguments.
    pub fn reach(&self) -> [String; 2] {
        self.shape.reach(&self.data())
    }

    /// The store of one of its services.
    pub fn store(&self, service: &str) -> Result<Store> {
        self.shape.store(&self.data(), service)
    }

    /// Whether its services are processes of their own.
    pub fn is_league(&self) -> bool {
        self.shape == Shape::League
    }

    /// The bearer token of the first admin.
    pub fn owner(&self) -> [&str; 2] {
        [&self.login.0, &self.login.1]
    }

    /// A token of theirs.
    pub async fn staff(&self) -> Result<String> {
        login(&self.http, &self.login.0, &self.login.1).await
    }

    /// Starts again on the same folder; the client finds the new address.
    pub async fn start(&mut self) -> Result<()> {
        let (processes, told) = self.shape.start(&self.data(), &log(self.root.path())).await?;
        self.processes = processes;
        self.http.moved(told["storefront"].as_str().context("no address was told")?);
        self.probes.moved(probed_at(&told)?);
        self.ready().await
    }

    async fn ready(&self) -> Result<()> {
        until("the shop to be ready", async || {
            Ok(self.probes.get("/readyz").send().await.ok().filter(|answer| answer.status == 200))
        })
        .await
        .with_context(|| self.log())?;
        Ok(())
    }

    /// Ends it as an operator would; it must end well.
    pub async fn stop(&mut self) -> Result<()> {
        let processes = self.running()?;
        for process in &processes {
            process.signal(Signal::SIGTERM)?;
        }
        for mut process in processes {
            let ended = tokio::time::timeout(DEADLINE, process.child.wait());
            let status = ended.await.context("the shop does not end")??;
            if !status.success() {
                bail!("the shop ended with {status}\n{}", self.log());
            }
        }
        Ok(())
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) -> Result<()> {
        let processes = self.running()?;
        for process in &processes {
            process.signal(Signal::SIGKILL)?;
        }
        for mut process in processes {
            process.child.wait().await?;
        }
        Ok(())
    }

    fn running(&mut self) -> Result<Vec<Process>> {
        let processes = std::mem::take(&mut self.processes);
        if processes.is_empty() { bail!("the shop does not run") } else { Ok(processes) }
    }

    /// As [`audited`].
    pub async fn audit(&self, orders: u64) -> Result<Value> {
        audited(&self.reach(), orders, DEADLINE).await.with_context(|| self.log())
    }

    /// All that its processes logged.
    pub fn whole_log(&self) -> Result<String> {
        std::fs::read_to_string(log(self.root.path())).context("the log cannot be read")
    }

    /// The end of what the process said.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(log(self.root.path())).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("the shop's log ends so:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"))
    }
}

/// `hanse audit --rest 2` must find nothing wrong, with so many orders at rest and examined within this time.
pub async fn audited([way, place]: &[String; 2], orders: u64, patience: Duration) -> Result<Value> {
    until_within(patience, &format!("{orders} orders to be at rest and audited"), async || {
        let ended = hanse(&["audit", "--rest", "2", "--json", way, place]).await?;
        let report: Value = serde_json::from_str(&ended.stdout)
            .with_context(|| format!("no report: {}{}", ended.stdout, ended.stderr))?;
        let breaches = report["breaches"].as_array().context("the report lists no breaches")?;
        if !ended.status.success() || !breaches.is_empty() {
            bail!("the audit found breaches ({}): {}", ended.status, ended.stdout);
        }
        Ok(Some(report).filter(|report| report["examined"]["order"].as_u64().unwrap_or(0) >= orders))
    })
    .await
}

/// A league's processes have a port for that; a shop in one process answers at its own, and tells its admin's login instead.
fn probed_at(told: &Value) -> Result<&str> {
    told["admin"].as_str().or(told["storefront"].as_str()).context("no address was told")
}

fn data(root: &Path) -> PathBuf {
    root.join("shop")
}

fn log(root: &Path) -> PathBuf {
    root.join("hanse.log")
}
