//! A whole shop in this process: every service over one data folder, behind one gateway.

use super::{Berth, Carrier, Crew, HOME, Means, NAMES, Place, ServiceInfo, State, gateway_config, module};
use crate::backup::{Backup, Restored};
use crate::config::Config;
use crate::control::Console;
use crate::folder::Folder;
use crate::secrets::Secrets;
use anyhow::{Result, bail};
use hanse_auth_contract::EndedSessions;
use hanse_gateway::{Gateway, GatewayConfig, Parts};
use hanse_kernel::Effects;
use hanse_messaging::Consumers;
use hanse_rpc::{OPERATOR, Switchboard};
use hanse_runtime::{Host, Module, Tasks, TokioTimers};
use hanse_telemetry::{Metrics, Traces};
use std::sync::Arc;
use std::time::Duration;

/// How long requests may go on after the last of their clients was answered or cut off.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// A running shop, without a listener yet.
pub struct App {
    pub effects: Effects,
    pub gateway: Gateway,
    pub board: Switchboard,
    pub state: Arc<State>,
    services: Vec<ServiceInfo>,
    /// What was started with.
    config: Config,
    /// Of every service: for the operator's work on parked messages.
    consumers: Vec<Consumers>,
    hosts: Vec<Host>,
    crew: Crew,
    /// None: the stores are not in the folder.
    backup: Option<Backup>,
    requests: Arc<Tasks>,
    traces: Option<Arc<Traces>>,
    /// Last: the folder is free again only when everything else has ended.
    folder: Arc<Folder>,
}

impl App {
    /// Starts every service over the folder. `metrics` is the process's recorder.
    pub async fn start(folder: Folder, config: &Config, metrics: Metrics) -> Result<Self> {
        let requests = Tasks::new();
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), requests.clone());
        let (effects, traces) = super::observed(config, effects)?;
        let folder = Arc::new(folder);
        if !config.keys.is_usual() {
            bail!(
                "{}: that is for services in processes of their own; the keys of a shop in a data folder are in its secrets.json",
                config.keys.shown()
            );
        }
        let secrets = Secrets::load(&folder, &*effects.rng)?;
        let board = Switchboard::new(effects.clone());
        let state = Arc::new(State::starting(metrics, "the stores are being opened"));
        let place = Place::of(config, folder.path());
        let ways = |service| board.network_of(service);
        let berth = Berth::new(place.clone(), &effects, &ways, secrets.keyring());
        let redis = super::redis(config, &effects)?;
        let unjudged = match redis.clone() {
            Some(redis) if !super::judge(&redis).await? => Some(redis),
            _ => None,
        };
        let ended = EndedSessions::listened_to();
        let (redis_too, ended_sessions) = (redis.clone(), ended.clone());
        let means = Means { config, secrets: &secrets, redis: redis_too, ended_sessions };
        let mut modules = vec![];
        for name in NAMES {
            modules.push(module(name, &berth, &means).await?);
        }
        let crew = Crew::new(berth.into_stores());
        let carrier = Carrier::new(config, &effects)?;
        let mut services = vec![];
        for module in &modules {
            let name = module.host.service;
            board.plug(name, module.rpc.clone(), module.allow.clone());
            carrier.subscribe(&module.consumers);
            services.push(ServiceInfo::new(&place, &config.rpc, module));
        }
        crew.connect(&carrier).await;
        let backup = matches!(place, Place::Folder(_))
            .then(|| Backup::new(crew.stores().to_vec(), folder.path().to_path_buf(), effects.clock.clone()));
        let (mut routes, mut all_consumers, mut hosts) = (vec![], vec![], vec![]);
        for module in modules {
            let Module { host, routes: built, consumers, workers, .. } = module;
            routes.push(built);
            hosts.push(host.clone());
            all_consumers.push(consumers.clone());
            crew.take_on(&carrier, &host, consumers, workers);
        }
        if let (Some(restored), Some(home)) =
            (Restored::of(folder.path())?, hosts.iter().find(|host| host.service == HOME))
        {
            // It was done before there was a shop that could write anything down.
            crate::control::note_restored(home, &restored).await?;
        }
        crew.audit(board.network_of(HOME), &effects, &config.audit);
        if let Some(redis) = unjudged {
            crew.judge(redis, &state, &effects);
        }
        state.started(crew.stores());
        let gateway = hanse_gateway::gateway(Parts {
            effects: effects.clone(),
            network: board.network_of("gateway"),
            services: routes,
            health: Some(state.clone()),
            config: GatewayConfig { ended_sessions: ended, ..gateway_config(config, redis)? },
        });
        Ok(Self {
            effects,
            gateway,
            board,
            state,
            services,
            config: config.clone(),
            consumers: all_consumers,
            hosts,
            crew,
            backup,
            requests,
            traces,
            folder,
        })
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What the operator's verbs work with.
    pub fn console(&self) -> Console {
        Console {
            effects: self.effects.clone(),
            network: self.board.network_of(OPERATOR),
            api: self.gateway.control.clone(),
            services: self.services.clone(),
            config: self.config.clone(),
            consumers: self.consumers.clone(),
            hosts: self.hosts.clone(),
            backup: self.backup.clone(),
        }
    }

    /// Ends in good order: requests, loops, stores, spans. The listener has stopped accepting before.
    pub async fn stop(self) {
        // What is left after the listener is gone waits for a client that sends no more; it has changed nothing yet.
        if self.effects.within(LAST_REQUESTS, self.requests.ended()).await.is_none() {
            tracing::info!("requests that never came whole were given up");
        }
        self.crew.end().await;
        if let Some(traces) = &self.traces {
            traces.end().await;
        }
    }
}
