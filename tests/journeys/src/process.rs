//! A process of the program: started, and heard when it says where it listens.

use crate::until::{DEADLINE, pause};
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Killed when it is dropped.
pub struct Process {
    pub child: Child,
}

impl Process {
    /// Starts it; it, and the object that it told when it listened.
    pub async fn start(args: &[&str], log: &Path) -> Result<(Self, Value)> {
        let mut this = Self::launch(args, &[], log)?;
        let told = this.told(log).await?;
        Ok((this, told))
    }

    /// Starts it with these settings in its environment, and does not wait for it. What it says goes to the log.
    pub fn launch(args: &[&str], settings: &[(String, String)], log: &Path) -> Result<Self> {
        let log_file: File = OpenOptions::new().create(true).append(true).open(log)?;
        let child = Command::new(crate::binary::path()?)
            .args(args)
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .kill_on_drop(true)
            .spawn()
            .context("the program cannot be started")?;
        Ok(Self { child })
    }

    /// The object that it tells once it listens.
    pub async fn told(&mut self, log: &Path) -> Result<Value> {
        let child = &mut self.child;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        // A log line may come first; the addresses are the first JSON object with them.
        let told = tokio::time::timeout(DEADLINE, async {
            while let Some(line) = lines.next_line().await? {
                if let Ok(told) = serde_json::from_str::<Value>(&line)
                    && (told["storefront"].is_string() || told["services"].is_array())
                {
                    return Ok(told);
                }
            }
            bail!("the program ended before it listened")
        });
        let told = told.await.context("the program does not start").and_then(|told| told);
        let told = told.with_context(|| std::fs::read_to_string(log).unwrap_or_default())?;
        // What comes later must not fill the pipe.
        tokio::spawn(async move {
            while let Ok(Some(_)) = lines.next_line().await {
                pause().await;
            }
        });
        Ok(told)
    }

    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id = self.child.id().context("the shop has ended by itself")?;
        kill(Pid::from_raw(i32::try_from(id)?), signal).context("the shop cannot be signalled")
    }
}
