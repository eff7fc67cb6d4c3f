//! The operator in a league: asks the services as any of them would, with a certificate of the operator's own.

use super::{Front, identity, remote};
use crate::compose::{Atlas, Berth, Means, NAMES, Place, ServiceInfo, module, redis};
use crate::config::Config;
use crate::control::Console;
use crate::secrets::Secrets;
use anyhow::Result;
use hanse_database::Db;
use hanse_kernel::Effects;
use hanse_messaging::Consumers;
use hanse_rpc::{Network, OPERATOR, Switchboard};
use hanse_runtime::{Host, Tasks, TokioTimers};
use std::path::Path;
use std::sync::Arc;

pub struct Operator {
    effects: Effects,
    config: Config,
    network: Arc<dyn Network>,
    front: Front,
    services: Vec<ServiceInfo>,
    consumers: Vec<Consumers>,
    hosts: Vec<Host>,
    stores: Vec<(&'static str, Db)>,
}

impl Operator {
    /// By the league's configuration; with its stores where the work is on them.
    pub async fn enter(file: &Path, with_stores: bool) -> Result<Self> {
        let config = Config::load_from(file)?;
        config.check_league()?;
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), Tasks::new());
        let atlas = Atlas::draw(&config, &effects).await?;
        let place = Place::of(&config, Path::new(""));
        let services = atlas.0.iter().map(|chart| ServiceInfo::charted(chart, &place, &config.rpc)).collect();
        let (mut consumers, mut hosts, mut stores) = (vec![], vec![], vec![]);
        if with_stores {
            let secrets = Secrets::of(&config.keys, &effects).await?;
            let board = Switchboard::new(effects.clone());
            let ways = |service| board.network_of(service);
            let redis = redis(&config, &effects)?;
            let ended_sessions = Default::default();
            let means = Means { config: &config, secrets: &secrets, redis, ended_sessions };
            let berth = Berth::new(place.clone(), &effects, &ways, secrets.keyring());
            for name in NAMES {
                let module = module(name, &berth, &means).await?;
                consumers.push(module.consumers);
                hosts.push(module.host);
            }
            stores = berth.into_stores();
        }
        let identity = identity(&config, OPERATOR, &effects)?;
        let network = Arc::new(remote(&config, &identity, &atlas.neighbours(), &effects));
        let front = Front::compose(&config, identity, atlas, &effects)?;
        Ok(Self { effects, config, network, front, services, consumers, hosts, stores })
    }

    pub fn console(&self) -> Console {
        Console {
            effects: self.effects.clone(),
            network: self.network.clone(),
            api: self.front.gateway.control.clone(),
            services: self.services.clone(),
            config: self.config.clone(),
            consumers: self.consumers.clone(),
            hosts: self.hosts.clone(),
            backup: None,
        }
    }

    pub async fn leave(self) {
        self.front.end().await;
        for (_, store) in self.stores {
            store.close().await;
        }
    }
}
