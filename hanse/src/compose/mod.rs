//! The composition root: opens the stores, starts the services, connects them, and takes all of it down again.

mod services;

use crate::config::Config;
use crate::folder::Folder;
use crate::secrets::Secrets;
use anyhow::{Context, Result};
use async_trait::async_trait;
use hanse_database::migrate::Migrations;
use hanse_database::{Db, LiteOptions};
use hanse_gateway::{Gateway, Health, Parts, Readiness};
use hanse_kernel::Effects;
use hanse_messaging::{Consumers, InProcess, Relay, Transport};
use hanse_rpc::Switchboard;
use hanse_runtime::{Host, Module, Stop, Tasks, TokioTimers};
use hanse_telemetry::Metrics;
use serde::Serialize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long requests may go on after the last of their clients was answered or cut off.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// A running shop, without a listener yet.
pub struct App {
    pub effects: Effects,
    pub gateway: Gateway,
    pub board: Switchboard,
    pub state: Arc<State>,
    pub services: Vec<ServiceInfo>,
    /// What was started with.
    pub config: Config,
    /// Of every service: for the operator's work on parked messages.
    pub consumers: Vec<Consumers>,
    stores: Vec<Db>,
    /// Workers first, relays after them: what the workers leave in the outboxes is still published.
    workers: (Stop, Arc<Tasks>),
    relays: (Stop, Arc<Tasks>),
    requests: Arc<Tasks>,
    /// Last: the folder is free again only when everything else has ended.
    folder: Arc<Folder>,
}

/// A service as `hanse services` lists it.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceInfo {
    pub name: &'static str,
    pub store: String,
    pub routes: usize,
    /// Message types it takes, with the consumer's name.
    pub takes: Vec<(String, String)>,
}

/// What readiness depends on besides the stores.
pub struct State {
    /// None: nothing stands in the way.
    pending: Mutex<Option<String>>,
    stores: Mutex<Vec<(&'static str, Db)>>,
    metrics: Metrics,
}

impl State {
    /// Why the shop is not ready yet, or `None` when it is.
    pub fn wait_for(&self, reason: Option<String>) {
        *self.pending.lock().unwrap_or_else(|e| e.into_inner()) = reason;
    }
}

#[async_trait]
impl Health for State {
    async fn ready(&self) -> Readiness {
        if let Some(reason) = self.pending.lock().unwrap_or_else(|e| e.into_inner()).clone() {
            return Readiness::NotReady(reason);
        }
        let stores = self.stores.lock().unwrap_or_else(|e| e.into_inner()).clone();
        for (service, db) in stores {
            if let Err(e) = db.ping().await {
                return Readiness::NotReady(format!("the store of {service} does not answer: {e}"));
            }
        }
        Readiness::Ready
    }
    fn started(&self) -> bool {
        // The listener opens only after configuration and migrations.
        true
    }
    fn metrics(&self) -> String {
        self.metrics.render()
    }
}

/// Opens one service's store and makes its host.
struct Berth<'a> {
    folder: &'a Folder,
    effects: &'a Effects,
    board: &'a Switchboard,
    stores: Mutex<Vec<(&'static str, Db)>>,
}

impl Berth<'_> {
    async fn host(&self, service: &'static str, migrations: Migrations) -> Result<Host> {
        let mut histories = hanse_runtime::platform_migrations().to_vec();
        histories.push(migrations);
        let file = self.folder.store(service);
        let db = Db::open_sqlite(&file, LiteOptions::default(), &histories).await;
        let db = db.with_context(|| format!("the store {} does not open", file.display()))?;
        self.stores.lock().unwrap_or_else(|e| e.into_inner()).push((service, db.clone()));
        Ok(Host::new(service, self.effects.clone(), db, self.board.network_of(service)))
    }
}

impl App {
    /// Starts every service over the folder. `metrics` is the process's recorder.
    pub async fn start(folder: Folder, config: &Config, metrics: Metrics) -> Result<Self> {
        let requests = Tasks::new();
        let effects = hanse_kernel::system::effects(Arc::new(TokioTimers), requests.clone());
        let folder = Arc::new(folder);
        let secrets = Secrets::load(&folder, &*effects.rng)?;
        let board = Switchboard::new(effects.clone());
        let berth = Berth { folder: &folder, effects: &effects, board: &board, stores: Mutex::default() };
        let modules = services::all(&berth, config, &secrets).await?;
        let stores = berth.stores.into_inner().unwrap_or_else(|e| e.into_inner());

        let transport = Arc::new(InProcess::new());
        let services = modules.iter().map(|m| info(m, &folder)).collect();
        for module in &modules {
            board.plug(module.host.service, module.rpc.clone(), module.allow.clone());
            transport.subscribe(&module.consumers);
        }
        let (worker_stop, relay_stop) = (Stop::new(), Stop::new());
        let (worker_tasks, relay_tasks) = (Tasks::new(), Tasks::new());
        let (mut routes, mut subscribers) = (vec![], vec![]);
        for module in modules {
            let Module { host, routes: built, consumers, workers, .. } = module;
            routes.push(built);
            subscribers.push(consumers.clone());
            let carrier: Arc<dyn Transport> = transport.clone();
            let relay =
                Relay::new(host.db.clone(), host.outbox.clone(), consumers, carrier, host.effects.clone());
            let stop = relay_stop.clone();
            spawn(&relay_tasks, "relay", async move { relay.run(stop.asked()).await });
            for worker in workers {
                spawn(&worker_tasks, worker.name, (worker.run)(worker_stop.clone()));
            }
        }
        let state =
            Arc::new(State { pending: Mutex::new(None), stores: Mutex::new(stores.clone()), metrics });
        let gateway = hanse_gateway::gateway(Parts {
            effects: effects.clone(),
            network: board.network_of("gateway"),
            services: routes,
            health: state.clone(),
            config: services::gateway(config),
        });
        Ok(Self {
            effects,
            gateway,
            board,
            state,
            services,
            config: config.clone(),
            consumers: subscribers,
            stores: stores.into_iter().map(|(_, db)| db).collect(),
            workers: (worker_stop, worker_tasks),
            relays: (relay_stop, relay_tasks),
            requests,
            folder,
        })
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Ends in good order: requests, workers, relays, stores. The listener has stopped accepting before.
    pub async fn stop(self) {
        // What is left after the listener is gone waits for a client that sends no more; it has changed nothing yet.
        if self.effects.within(LAST_REQUESTS, self.requests.ended()).await.is_none() {
            tracing::info!("requests that never came whole were given up");
        }
        self.workers.0.now();
        self.workers.1.ended().await;
        self.relays.0.now();
        self.relays.1.ended().await;
        for store in &self.stores {
            store.close().await;
        }
    }
}

fn spawn(tasks: &Arc<Tasks>, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    use hanse_kernel::Spawn;
    tasks.spawn(name, Box::pin(work));
}

fn info(module: &Module, folder: &Folder) -> ServiceInfo {
    let takes = module.consumers.iter().map(|c| (c.kind.to_string(), c.name.to_string())).collect();
    ServiceInfo {
        name: module.host.service,
        store: folder.store(module.host.service).display().to_string(),
        routes: module.routes.table.len(),
        takes,
    }
}
