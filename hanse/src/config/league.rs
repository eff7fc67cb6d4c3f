//! What services that run as processes of their own need: where they listen for each other and where the others are,
//! who they are, and the keys that all of them share.

use super::Config;
use crate::compose::{NAMES, usual_port};
use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Services talk to each other over mutual TLS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rpc {
    /// The address on which services listen for each other.
    pub listen: IpAddr,
    /// Ports that differ from the usual ones: `order = 9407`.
    pub ports: BTreeMap<String, u16>,
    /// Where the others are: `order = ["order-1:7407", "order-2:7407"]`. One that is not named is looked for under its own
    /// name at its usual port; a name may have several addresses.
    pub peers: BTreeMap<String, Vec<String>>,
    /// A folder with a folder for each service: `<service>/ca.pem`, `cert.pem` and `key.pem`. `hanse certs` makes one.
    pub certificates: PathBuf,
}

/// Probes and metrics, for the operator's network only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// `/livez`, `/readyz`, `/startupz` and `/metrics` of this process.
    pub listen: SocketAddr,
}

impl Default for Rpc {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            ports: BTreeMap::new(),
            peers: BTreeMap::new(),
            certificates: "certs".into(),
        }
    }
}
impl Default for Admin {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 7400)) }
    }
}

impl Rpc {
    pub fn port(&self, service: &str) -> Option<u16> {
        self.ports.get(service).copied().or_else(|| usual_port(service))
    }

    /// Where each of the services is.
    pub fn addresses(&self) -> BTreeMap<&'static str, Vec<String>> {
        let usual = |name: &str| vec![format!("{name}:{}", usual_port(name).unwrap_or_default())];
        NAMES
            .iter()
            .map(|name| (*name, self.peers.get(*name).cloned().unwrap_or_else(|| usual(name))))
            .collect()
    }

    pub(super) fn check(&self) -> Result<()> {
        for (key, name) in
            self.ports.keys().map(|n| ("rpc.ports", n)).chain(self.peers.keys().map(|n| ("rpc.peers", n)))
        {
            if usual_port(name).is_none() {
                bail!("{key} names {name}, which is no service; `hanse services` lists them");
            }
        }
        for (name, addresses) in &self.peers {
            let whole = |a: &String| {
                a.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
            };
            if addresses.is_empty() || !addresses.iter().all(whole) {
                bail!("rpc.peers.{name} must be one or more addresses such as \"order-1:7407\"");
            }
        }
        Ok(())
    }
}

impl Config {
    /// What processes of their own cannot do without.
    pub fn check_league(&self) -> Result<()> {
        if self.database.url.is_empty() {
            bail!(
                "database.url is missing: services in processes of their own keep their data on a PostgreSQL server, \
                 such as postgres://hanse_{{service}}:password@localhost/hanse_{{service}}"
            );
        }
        if self.broker.url.is_empty() {
            bail!(
                "broker.url is missing: services in processes of their own send messages through RabbitMQ, such as \
                 amqp://user:password@localhost:5672/%2f"
            );
        }
        Ok(())
    }
}
