//! What a process shows to the others, knows its servers by, and opens the shop's data with, read before it opens a port: a file
//! that is missing is told at once, and nobody has seen a process that will never do anything.

use super::{GATEWAY, identity};
use crate::compose::{database_trust, rabbit_settings};
use crate::config::Config;
use crate::secrets::Source;
use anyhow::{Context, Result};
use hanse_kernel::Effects;
use hanse_rpc::Identity;
use std::collections::{BTreeMap, BTreeSet};

pub struct Papers {
    identities: BTreeMap<&'static str, Identity>,
    /// Of a process that runs services; a gateway alone opens nothing.
    pub keys: Option<Source>,
}

impl Papers {
    pub fn read(
        config: &Config,
        services: &BTreeSet<&'static str>,
        with_gateway: bool,
        effects: &Effects,
    ) -> Result<Self> {
        let mut identities = BTreeMap::new();
        for name in services.iter().copied().chain(with_gateway.then_some(GATEWAY)) {
            identities.insert(name, identity(config, name, effects)?);
        }
        let keys = match services.is_empty() {
            true => None,
            false => Some(Source::of(&config.keys, effects)?),
        };
        if keys.is_some() {
            database_trust(config)?;
            rabbit_settings(config)?;
        }
        Ok(Self { identities, keys })
    }

    /// Who the process is under the name.
    pub fn identity(&self, name: &str) -> Result<&Identity> {
        self.identities.get(name).with_context(|| format!("{name} does not run in this process"))
    }
}
