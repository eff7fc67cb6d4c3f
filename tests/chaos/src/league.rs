//! A league as it runs: started, ended and killed process by process.

use crate::brink::{Brink, Tongue, Trap, Watched};
use crate::layout::{Berth, GATEWAY, Layout};
use crate::mail::Mail;
use crate::servers::{Servers, Store};
use anyhow::{Context, Result, bail, ensure};
use hanse_journeys::{Answer, Http, Process, hanse, login, until, until_within};
use hanse_testkit::IdentityProvider;
use hanse_testkit::proxy::FaultProxy;
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

/// Where one core has to start a dozen processes.
const READY: Duration = Duration::from_secs(120);
const END: Duration = Duration::from_secs(60);
/// A customer of long standing, in stories that have one.
pub const CUSTOMER: (&str, &str) = ("ana@example.org", "a-long-way-to-malmo");
pub(crate) const ADMIN: (&str, &str) = ("admin@hanse.localhost", "first-of-the-league");

/// One league at a time: each wants the whole machine.
static TURN: Mutex<()> = Mutex::const_new(());

pub struct League {
    /// At the first gateway.
    pub http: Http,
    pub servers: Servers,
    pub layout: Layout,
    /// Those that were asked for at the start: between a service and a store.
    pub lines: BTreeMap<(&'static str, Store), FaultProxy>,
    pub mail: Mail,
    /// Whom people can log in with besides a password.
    pub provider: Arc<IdentityProvider>,
    /// Kills at a named point, where the lines are watched.
    pub trap: Trap,
    /// The watched lines, by berth.
    pub(crate) brinks: BTreeMap<(String, Store), Brink>,
    processes: BTreeMap<String, Process>,
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl League {
    /// Everything up and ready.
    pub async fn start() -> Result<Self> {
        Self::with_lines(&[]).await
    }

    /// As [`League::start`]; these services reach these stores by lines that can be disturbed.
    pub async fn with_lines(lines: &[(&'static str, Store)]) -> Result<Self> {
        Self::empty(lines).await?.manned().await
    }

    /// As [`League::start`]; the lines of all processes to PostgreSQL and RabbitMQ are watched by [`League::trap`].
    pub async fn with_brinks() -> Result<Self> {
        let mut league = Self::empty(&[]).await?;
        for berth in league.layout.berths.clone().into_iter().filter(|berth| berth.service != GATEWAY) {
            for (store, tongue) in [(Store::Postgres, Tongue::Postgres), (Store::RabbitMq, Tongue::RabbitMq)]
            {
                let (service, name, trap) = (berth.service, berth.name.clone(), league.trap.clone());
                let watched = Watched { service, berth: name.clone(), tongue, trap };
                let brink = Brink::to(league.servers.address(store)?, watched).await?;
                league.brinks.insert((name, store), brink);
            }
        }
        league.manned().await
    }

    /// With all processes up and ready, and the first admin.
    async fn manned(mut self) -> Result<Self> {
        for name in self.layout.manned.clone() {
            self.man(&name)?;
        }
        for name in self.layout.manned.clone() {
            self.ready(&name).await?;
        }
        let (email, password) = ADMIN;
        let [way, place] = self.reach();
        self.verb(&["admin", "create", "--email", email, "--password", password, &way, &place]).await?;
        Ok(self)
    }

    /// The servers, and no process yet.
    pub async fn empty(lines: &[(&'static str, Store)]) -> Result<Self> {
        let turn = TURN.lock().await;
        let servers = tokio::task::block_in_place(Servers::start)?;
        let layout = Layout::league()?;
        let gateway = layout.berths.iter().find(|b| b.service == GATEWAY).context("no gateway")?;
        let http = Http::new(&format!("http://127.0.0.1:{}", gateway.front))?;
        let folder = tempfile::tempdir()?;
        let mut proxies = BTreeMap::new();
        for (service, store) in lines {
            proxies.insert((*service, *store), FaultProxy::to(servers.address(*store)?).await);
        }
        let league = Self {
            http,
            servers,
            layout,
            lines: proxies,
            mail: Mail::start().await,
            provider: Arc::new(IdentityProvider::start(hanse_testkit::effects()).await),
            trap: Trap::default(),
            brinks: BTreeMap::new(),
            processes: BTreeMap::new(),
            folder,
            _turn: turn,
        };
        league.prepare().await?;
        Ok(league)
    }

    /// Databases, configuration, certificates, keys.
    async fn prepare(&self) -> Result<()> {
        self.servers.prepare(Layout::services()).await?;
        fs::write(self.config(), self.settings(self.folder.path())?)?;
        let arg = |file: &str| self.folder.path().join(file).display().to_string();
        self.verb(&["certs", "--dir", &arg("certs")]).await?;
        self.verb(&["keys", "--file", &arg("secrets.json")]).await?;
        self.verb(&["migrate", "--config", &self.config().display().to_string()]).await
    }

    async fn verb(&self, args: &[&str]) -> Result<()> {
        let ended = hanse(args).await?;
        ensure!(ended.status.success(), "hanse {} ended with {}: {}", args[0], ended.status, ended.stderr);
        Ok(())
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("hanse.toml")
    }

    /// Where the authority and everybody's certificates are.
    pub fn certificates(&self) -> PathBuf {
        self.folder.path().join("certs")
    }

    /// How the command line's verbs reach it.
    pub fn reach(&self) -> [String; 2] {
        ["--league".into(), self.config().display().to_string()]
    }

    /// The bearer token of the first admin.
    pub async fn staff(&self) -> Result<String> {
        until("the admin to be let in", async || Ok(login(&self.http, ADMIN.0, ADMIN.1).await.ok())).await
    }

    pub fn berth(&self, name: &str) -> Result<&Berth> {
        let found = self.layout.berths.iter().find(|berth| berth.name == name);
        found.with_context(|| format!("there is no place for {name}"))
    }

    /// Starts the process; see [`League::ready`].
    pub fn man(&mut self, name: &str) -> Result<()> {
        self.man_with(name, &[])
    }

    /// As [`League::man`], with more settings in its environment.
    pub fn man_with(&mut self, name: &str, more: &[(&str, &str)]) -> Result<()> {
        let berth = self.berth(name)?;
        let config = self.config().display().to_string();
        let mut settings = self.settings_of(berth)?;
        settings.extend(more.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())));
        let service = berth.service;
        let process = Process::launch(
            &["serve", service, "--config", &config, "--json"],
            &settings,
            &self.log_file(name),
        )?;
        if let Some(id) = process.child.id() {
            self.trap.mind(name, id);
        }
        self.processes.insert(name.into(), process);
        Ok(())
    }

    /// Waits until the process answers that it is ready.
    pub async fn ready(&mut self, name: &str) -> Result<()> {
        let probes = Http::new(&format!("http://127.0.0.1:{}", self.berth(name)?.probes))?;
        let mut gone = None;
        let process = self.processes.get_mut(name).with_context(|| format!("{name} was not started"))?;
        let child = &mut process.child;
        let ready = until_within(READY, &format!("{name} to be ready"), async || {
            gone = child.try_wait()?;
            ensure!(gone.is_none(), "{name} has ended: {gone:?}");
            Ok(probes.get("/readyz").send().await.ok().filter(|answer| answer.status == 200))
        })
        .await;
        ready.map(|_| ()).with_context(|| self.log(name))
    }

    /// What a probe of the process is answered at this moment.
    pub async fn probe(&self, name: &str, probe: &str) -> Result<Answer> {
        let probes = Http::new(&format!("http://127.0.0.1:{}", self.berth(name)?.probes))?;
        probes.get(probe).send().await
    }

    /// As a power cut would.
    pub async fn kill(&mut self, name: &str) -> Result<()> {
        let mut process = self.processes.remove(name).with_context(|| format!("{name} does not run"))?;
        process.signal(Signal::SIGKILL)?;
        process.child.wait().await?;
        Ok(())
    }

    /// Buries a process that the trap has killed.
    pub async fn fallen(&mut self, name: &str) -> Result<()> {
        let status = self.ended(name).await?;
        ensure!(status.signal() == Some(Signal::SIGKILL as i32), "{name} ended with {status}");
        Ok(())
    }

    /// Stops the process where it is, or lets it go on.
    pub fn freeze(&self, name: &str, frozen: bool) -> Result<()> {
        let process = self.processes.get(name).with_context(|| format!("{name} does not run"))?;
        process.signal(if frozen { Signal::SIGSTOP } else { Signal::SIGCONT })
    }

    /// Whether the kernel holds the process where [`League::freeze`] stopped it.
    pub fn is_frozen(&self, name: &str) -> Result<bool> {
        let id = self.processes.get(name).and_then(|process| process.child.id());
        let id = id.with_context(|| format!("{name} does not run"))?;
        let told = fs::read_to_string(format!("/proc/{id}/stat"))?;
        // What follows the name in brackets is the state.
        Ok(told.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')))
    }

    /// Asks the process to end, as an operator would; see [`League::ended`].
    pub fn dismiss(&self, name: &str) -> Result<()> {
        let process = self.processes.get(name).with_context(|| format!("{name} does not run"))?;
        process.signal(Signal::SIGTERM)
    }

    /// Ends the process as an operator would; it must end well.
    pub async fn end(&mut self, name: &str) -> Result<()> {
        let mut process = self.processes.remove(name).with_context(|| format!("{name} does not run"))?;
        process.signal(Signal::SIGTERM)?;
        let ended = tokio::time::timeout(END, process.child.wait()).await;
        let status = ended.with_context(|| format!("{name} does not end\n{}", self.log(name)))??;
        ensure!(status.success(), "{name} ended with {status}\n{}", self.log(name));
        Ok(())
    }

    /// Waits for a process that ends by itself.
    pub async fn ended(&mut self, name: &str) -> Result<ExitStatus> {
        let mut process = self.processes.remove(name).with_context(|| format!("{name} does not run"))?;
        let ended = tokio::time::timeout(READY, process.child.wait()).await;
        Ok(ended.with_context(|| format!("{name} does not end by itself\n{}", self.log(name)))??)
    }

    pub fn running(&self) -> Vec<String> {
        self.processes.keys().cloned().collect()
    }

    /// Ends all of it in good order, those in front first.
    pub async fn close(mut self) -> Result<()> {
        let mut names = self.running();
        names.sort_by_key(|name| !name.starts_with(GATEWAY));
        let mut wrong = vec![];
        for name in &names {
            if let Err(error) = self.end(name).await {
                wrong.push(format!("{error:#}"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n")) }
    }

    fn log_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// The end of what the process said.
    pub fn log(&self, name: &str) -> String {
        let log = fs::read_to_string(self.log_file(name)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("the log of {name} ends so:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"))
    }
}
