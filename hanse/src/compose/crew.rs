//! What runs beside the requests of the services in this process, and how it ends.

use super::auditor::{Auditor, HOME};
use super::carrier::Carrier;
use super::memory::judge_later;
use super::state::State;
use crate::config::Audit;
use hanse_database::Db;
use hanse_kernel::{Effects, Scope, Spawn};
use hanse_messaging::gauges::Gauges;
use hanse_messaging::{Consumers, Relay};
use hanse_redis::Redis;
use hanse_rpc::Network;
use hanse_runtime::{Host, Sealer, Stop, Tasks, Worker};
use std::sync::Arc;

/// Loops of one kind: they are told to stop and waited for together.
#[derive(Default)]
pub struct Watch {
    pub stop: Stop,
    pub tasks: Arc<Tasks>,
}

impl Watch {
    pub fn run(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(name, Box::pin(work));
    }
    pub async fn end(&self) {
        self.stop.now();
        self.tasks.ended().await;
    }
}

/// In the order in which they end: what workers and takers leave in the outboxes is still published, and the carrier is
/// there for as long as somebody publishes.
#[derive(Default)]
pub struct Crew {
    workers: Watch,
    takers: Watch,
    /// What was written last is sealed, and its end still told.
    sealers: Watch,
    relays: Watch,
    carrier: Watch,
    stores: Vec<(&'static str, Db)>,
}

impl Crew {
    pub fn new(stores: Vec<(&'static str, Db)>) -> Self {
        Self { stores, ..Self::default() }
    }

    pub fn stores(&self) -> &[(&'static str, Db)] {
        &self.stores
    }

    /// Returns when everything that carries messages has been reached.
    pub async fn connect(&self, carrier: &Carrier) {
        carrier.connect(&self.carrier).await;
    }

    /// Puts one service to work.
    pub fn take_on(&self, carrier: &Carrier, host: &Host, consumers: Consumers, workers: Vec<Worker>) {
        carrier.take(&consumers, &self.takers);
        let (gauges, stop) = (Gauges::new(consumers.clone()), self.takers.stop.clone());
        self.takers.run("gauges", async move { gauges.run(stop.asked()).await });
        let (outbox, transport) = (host.outbox.clone(), carrier.transport());
        let relay = Relay::new(host.db.clone(), outbox, consumers, transport, host.effects.clone());
        let stop = self.relays.stop.clone();
        let scope = Scope::of(host.service);
        self.relays.run("relay", scope.clone().around(async move { relay.run(stop.asked()).await }));
        let (sealer, stop) = (Sealer::of(host), self.sealers.stop.clone());
        self.sealers.run("sealing", scope.clone().around(async move { sealer.run(stop.asked()).await }));
        let (keeper, stop) = (host.keeper(), self.workers.stop.clone());
        self.workers.run("keeping", scope.clone().around(async move { keeper.run(stop.asked()).await }));
        for worker in workers {
            let work = (worker.run)(self.workers.stop.clone());
            self.workers.run(worker.name, scope.clone().around(work));
        }
    }

    /// Lets the shop audit itself, where one of the services here is the one that sees to it.
    pub fn audit(&self, network: Arc<dyn Network>, effects: &Effects, settings: &Audit) {
        let Some((_, home)) = self.stores.iter().find(|(service, _)| *service == HOME) else { return };
        let auditor = Auditor::new(home.clone(), network, effects.clone(), settings.clone());
        let stop = self.workers.stop.clone();
        self.workers.run("audit", Scope::of(HOME).around(async move { auditor.run(stop).await }));
    }

    /// Judges the Redis of carts that was away at the start.
    pub fn judge(&self, redis: Redis, state: &Arc<State>, effects: &Effects) {
        let (state, effects, stop) = (state.clone(), effects.clone(), self.workers.stop.clone());
        let judging = async move { judge_later(redis, state, effects, stop).await };
        self.workers.run("judging Redis", Scope::of("cart").around(judging));
    }

    /// Ends in good order; the requests have ended before.
    pub async fn end(&self) {
        for watch in [&self.workers, &self.takers, &self.sealers, &self.relays, &self.carrier] {
            watch.end().await;
        }
        for (_, store) in &self.stores {
            store.close().await;
        }
    }
}
