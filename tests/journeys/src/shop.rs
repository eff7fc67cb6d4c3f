//! A shop as a process: started on a data folder, asked, ended in good order or killed, and started again.

use crate::http::Http;
use crate::shopper::login;
use crate::until::{DEADLINE, pause, until};
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

pub struct Shop {
    pub http: Http,
    /// The running process, if there is one; killed when the shop is dropped.
    child: Option<Child>,
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
        crate::shape::prepare(&folder).await?;
        let (child, told) = spawn(root.path()).await?;
        let text = |key: &str| told["admin"][key].as_str().map(str::to_string);
        let login = (
            text("email").context("no first admin was told")?,
            text("password").context("no password was told")?,
        );
        let http = Http::new(told["storefront"].as_str().context("no address was told")?)?;
        let shop = Self { http, child: Some(child), login, root };
        shop.ready().await?;
        Ok(shop)
    }

    pub fn data(&self) -> PathBuf {
        data(self.root.path())
    }

    /// Its data folder, as an argument.
    pub fn data_arg(&self) -> String {
        self.data().display().to_string()
    }

    /// The bearer token of the first admin.
    pub async fn staff(&self) -> Result<String> {
        login(&self.http, &self.login.0, &self.login.1).await
    }

    /// Starts again on the same folder; the client finds the new address.
    pub async fn start(&mut self) -> Result<()> {
        let (child, told) = spawn(self.root.path()).await?;
        self.child = Some(child);
        self.http.moved(told["storefront"].as_str().context("no address was told")?);
        self.ready().await
    }

    async fn ready(&self) -> Result<()> {
        until("the shop to be ready", async || {
            Ok(self.http.get("/readyz").send().await.ok().filter(|answer| answer.status == 200))
        })
        .await
        .with_context(|| self.log())?;
        Ok(())
    }

    /// Ends it as an operator would; it must end well.
    pub async fn stop(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the shop does not run")?;
        signal(&child, Signal::SIGTERM)?;
        let status =
            tokio::time::timeout(DEADLINE, child.wait()).await.context("the shop does not end")??;
        if !status.success() {
            bail!("the shop ended with {status}\n{}", self.log());
        }
        Ok(())
    }

    /// Ends it as a power cut would.
    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("the shop does not run")?;
        signal(&child, Signal::SIGKILL)?;
        child.wait().await?;
        Ok(())
    }

    /// `hanse audit --rest 2` must find nothing wrong, with so many orders at rest and examined.
    pub async fn audit(&self, orders: u64) -> Result<Value> {
        until(&format!("{orders} orders to be at rest and audited"), async || {
            let ended = hanse(&["audit", "--rest", "2", "--json", "--data", &self.data_arg()]).await?;
            let report: Value = serde_json::from_str(&ended.stdout)
                .with_context(|| format!("no report: {}{}\n{}", ended.stdout, ended.stderr, self.log()))?;
            let breaches = report["breaches"].as_array().context("the report lists no breaches")?;
            if !ended.status.success() || !breaches.is_empty() {
                bail!("the audit ended with {}: {report:#}", ended.status);
            }
            Ok(Some(report).filter(|report| report["examined"]["order"].as_u64().unwrap_or(0) >= orders))
        })
        .await
    }

    /// The end of what the process said.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(log(self.root.path())).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("the shop's log ends so:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"))
    }
}

fn data(root: &Path) -> PathBuf {
    root.join("shop")
}

fn log(root: &Path) -> PathBuf {
    root.join("hanse.log")
}

fn signal(child: &Child, signal: Signal) -> Result<()> {
    let id = child.id().context("the shop has ended by itself")?;
    kill(Pid::from_raw(i32::try_from(id)?), signal).context("the shop cannot be signalled")
}

/// Starts the process; it and the line that it told when it listened.
async fn spawn(root: &Path) -> Result<(Child, Value)> {
    let log_file: File = OpenOptions::new().create(true).append(true).open(log(root))?;
    let mut child = Command::new(crate::binary::path()?)
        .args(["up", "--listen", "127.0.0.1:0", "--no-sample", "--json", "--data"])
        .arg(data(root))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log_file)
        .kill_on_drop(true)
        .spawn()
        .context("the program cannot be started")?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    // A log line may come first; the addresses are the first JSON object with them.
    let told = tokio::time::timeout(DEADLINE, async {
        while let Some(line) = lines.next_line().await? {
            if let Ok(told) = serde_json::from_str::<Value>(&line)
                && told["storefront"].is_string()
            {
                return Ok(told);
            }
        }
        bail!("the program ended before it listened")
    });
    let told = told.await.context("the program does not start").and_then(|told| told);
    let told = told.with_context(|| std::fs::read_to_string(log(root)).unwrap_or_default())?;
    // What comes later must not fill the pipe.
    tokio::spawn(async move {
        while let Ok(Some(_)) = lines.next_line().await {
            pause().await;
        }
    });
    Ok((child, told))
}
