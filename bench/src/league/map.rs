//! The league under load: where it is, by the map that whoever started it has drawn, and what all of it costs.

use super::census::{Census, Root};
use crate::process::{Usage, Watched, resident};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
pub struct League {
    pub gateway: SocketAddr,
    /// Its configuration; certificates and keys lie beside it.
    pub config: PathBuf,
    /// The superuser of the PostgreSQL server.
    pub postgres: String,
    pub broker: String,
    /// PostgreSQL's own programs.
    pub binaries: PathBuf,
    pub services: Vec<Service>,
    pub stores: Vec<Root>,
}

#[derive(Deserialize)]
pub struct Service {
    #[serde(flatten)]
    pub root: Root,
    pub probes: u16,
}

impl League {
    pub fn read(map: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(map).with_context(|| format!("cannot read the map {}", map.display()))?;
        let league: Self = serde_json::from_str(&text).context("the map of the league is of another form")?;
        if league.services.is_empty() || league.stores.is_empty() {
            bail!("the map names no processes, so nothing would be counted");
        }
        Ok(league)
    }

    /// Services and stores.
    pub fn roots(&self) -> Vec<Root> {
        self.services.iter().map(|service| &service.root).chain(&self.stores).cloned().collect()
    }

    pub fn census(&self) -> Result<Census> {
        Census::take(&self.roots())
    }

    /// Resident memory of every service's process, in MiB.
    pub fn residents(&self) -> Result<BTreeMap<String, f64>> {
        let one = |service: &Service| Ok((service.root.name.clone(), resident(service.root.pid)?));
        self.services.iter().map(one).collect()
    }

    /// A database of the server as its superuser.
    pub fn database(&self, name: &str) -> Result<String> {
        let (server, _) = self.postgres.rsplit_once('/').context("the map's postgres is no URL")?;
        Ok(format!("{server}/{name}"))
    }
}

impl Watched for League {
    fn address(&self) -> SocketAddr {
        self.gateway
    }

    fn usage(&self) -> Result<Usage> {
        Ok(Usage::of_ticks(self.census()?.ticks()))
    }

    /// Of the services' processes; a database's pages are shared among its backends and would count many times.
    fn memory(&self) -> Result<f64> {
        Ok(self.residents()?.values().sum())
    }
}
