//! A shop in a world of its own: real services on real tables, whose processes end and begin again, and everything
//! between them that can go wrong.

use crate::bank::Bank;
use crate::chance::Chance;
use crate::defect::Defect;
use crate::effects::Nature;
use crate::executor::{Executor, Owner, WORLD};
use crate::post::{Carrier, Post};
use crate::stage::Stores;
use crate::story::{self, Story};
use crate::teller::Teller;
use crate::weather::{Fault, Weather};
use crate::{desk, services};
use futures::future::BoxFuture;
use hanse_database::Db;
use hanse_kernel::{Effects, Timestamp};
use hanse_messaging::{Consumers, Relay, Transport};
use hanse_order::CaptureMode;
use hanse_rpc::Switchboard;
use hanse_runtime::{Host, Module, Stop};
use hanse_vault::Keyring;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// Processes end at most so often in one world: a shop that is always starting sells nothing.
const MOST_CRASHES: u64 = 14;

/// What a seed decides before anything happens.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub orders: u64,
    pub capture: CaptureMode,
    pub carrier: Carrier,
    /// How often payment looks by itself whether the shopper has confirmed.
    pub look: Duration,
    pub defect: Option<Defect>,
}

/// A process of a service, from its start to its end.
pub struct Life {
    pub life: u64,
    pub router: axum::Router,
    pub rpc: axum::Router,
    pub consumers: Consumers,
}

pub struct World {
    pub plan: Plan,
    pub executor: Arc<Executor>,
    pub nature: Nature,
    /// Decides on faults, and on nothing else.
    pub fate: Chance,
    pub story: Story,
    pub bank: Arc<Bank>,
    pub post: Post,
    pub board: Switchboard,
    weather: Weather,
    trouble: AtomicBool,
    stores: Stores,
    lives: Vec<Mutex<Option<Arc<Life>>>>,
    born: AtomicU64,
    keyring: Keyring,
    crashes: AtomicU64,
    tally: Mutex<BTreeMap<String, u64>>,
}

impl World {
    pub fn new(plan: Plan, now: Timestamp, stores: Stores, weather: Weather) -> Arc<Self> {
        let executor = Executor::new(now, Chance::new(plan.seed, 1));
        let nature = Nature::new(executor.clone(), plan.seed);
        let board = Switchboard::new(nature.effects(WORLD));
        Arc::new(Self {
            fate: Chance::new(plan.seed, 3),
            story: Story::default(),
            bank: Arc::new(Bank::new(Chance::new(plan.seed, 4))),
            post: Post::default(),
            board,
            weather,
            trouble: AtomicBool::new(true),
            stores,
            lives: services::NAMES.iter().map(|_| Mutex::new(None)).collect(),
            born: AtomicU64::new(0),
            // Keys and nonces are drawn from a stream of their own: what else happens does not depend on how much is sealed.
            keyring: Keyring::new([9; 32], Arc::new(Chance::new(plan.seed, 6))),
            crashes: AtomicU64::new(0),
            tally: Mutex::default(),
            executor,
            nature,
            plan,
        })
    }

    pub fn now(&self) -> Timestamp {
        self.executor.now()
    }

    pub fn tell(&self, who: impl Into<String>, what: impl Into<String>) {
        self.story.tell(self.now(), who, what);
    }

    /// Counts something that is to be seen in the end.
    pub fn count(&self, what: &str) {
        let mut tally = self.tally.lock().unwrap_or_else(|e| e.into_inner());
        match tally.get_mut(what) {
            Some(times) => *times += 1,
            None => drop(tally.insert(what.to_string(), 1)),
        }
    }

    pub fn tally(&self) -> BTreeMap<String, u64> {
        self.tally.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Whether this goes wrong now.
    pub fn strikes(&self, fault: Fault) -> bool {
        let strikes = self.trouble.load(Ordering::Relaxed) && self.fate.happens(self.weather.rate(fault));
        if strikes {
            self.count(fault.told());
        }
        strikes
    }

    /// From now on nothing goes wrong any more.
    pub fn heal(&self) {
        self.trouble.store(false, Ordering::Relaxed);
        self.tell(story::WORLD, "nothing goes wrong from now on");
    }

    pub fn planted(&self, defect: Defect) -> bool {
        self.plan.defect == Some(defect)
    }

    /// A loop of the world's own.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.executor.spawn(WORLD, name, Box::pin(work));
    }

    pub async fn sleep(&self, pause: Duration) {
        self.executor.sleep(pause).await;
    }

    pub fn effects(&self) -> Effects {
        self.nature.effects(WORLD)
    }

    pub fn store(&self, service: usize) -> Db {
        self.stores.of(service)
    }

    pub(crate) fn stores(&self) -> &Stores {
        &self.stores
    }

    pub fn life(&self, service: usize) -> Option<Arc<Life>> {
        self.lives.get(service)?.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Starts a service's process over what its store holds.
    pub fn start(self: &Arc<Self>, service: usize) {
        let life = self.born.fetch_add(1, Ordering::Relaxed);
        let name = services::NAMES[service];
        let owner = Owner { process: service, life, idles: false };
        let effects = self.nature.effects(owner);
        let host = Host::new(name, effects, self.store(service), self.board.network_of(name), &self.keyring);
        let teller: Arc<dyn hanse_payment::Provider> =
            Arc::new(Teller { world: Arc::downgrade(self), bank: self.bank.clone() });
        let module = match services::module(service, host, &self.plan, teller) {
            Ok(module) => module,
            Err(error) => {
                self.tell(story::WORLD, format!("{name} does not start: {error}"));
                self.count("a service that does not start");
                return;
            }
        };
        let Module { host, routes, mut rpc, allow, consumers, workers } = module;
        let answering = std::mem::take(rpc.axum_router_mut());
        *rpc.axum_router_mut() = desk::behind_the_wire(Arc::downgrade(self), service);
        self.board.plug(name, rpc, allow);
        self.post.subscribe(service, &consumers);
        let transport: Arc<dyn Transport> =
            Arc::new(crate::post::Relayed { world: Arc::downgrade(self), from: service });
        let begun = Life { life, router: routes.router, rpc: answering, consumers: consumers.clone() };
        *self.lives[service].lock().unwrap_or_else(|e| e.into_inner()) = Some(Arc::new(begun));
        let idle = Owner { idles: true, ..owner };
        let relay =
            Relay::new(host.db.clone(), host.outbox.clone(), consumers, transport, host.effects.clone());
        self.executor.spawn(idle, "relay", Box::pin(relay.run(std::future::pending())));
        let sealer = hanse_runtime::Sealer::of(&host);
        self.executor.spawn(idle, "sealing", Box::pin(sealer.run(std::future::pending())));
        for worker in workers {
            self.executor.spawn(idle, worker.name, (worker.run)(Stop::new()));
        }
    }

    /// Ends a service's process in whatever it is doing; it begins again after a while.
    pub fn crash(self: &Arc<Self>, service: usize, told: &str) {
        if self.lives[service].lock().unwrap_or_else(|e| e.into_inner()).take().is_none() {
            return;
        }
        self.crashes.fetch_add(1, Ordering::Relaxed);
        let name = services::NAMES[service];
        let ended = self.executor.kill(service);
        crate::planted::after_crash(self, service);
        self.tell(story::WORLD, format!("{name} ends ({told}), with {ended} things in hand"));
        let away = match self.fate.below(4) {
            0 => self.fate.millis(5_000, 40_000),
            _ => self.fate.millis(20, 3_000),
        };
        let world = self.clone();
        self.spawn("restart", async move {
            world.sleep(away).await;
            world.tell(story::WORLD, format!("{name} begins again"));
            world.start(service);
        });
    }

    /// Ends the process that is at this point, if that strikes. Its task never goes on.
    pub async fn may_crash(self: &Arc<Self>, service: usize, fault: Fault) {
        if self.crashes.load(Ordering::Relaxed) < MOST_CRASHES && self.strikes(fault) {
            self.crash(service, fault.told());
            std::future::pending::<()>().await;
        }
    }

    /// Lets a service's process do something; None when it is not there, or ends meanwhile.
    pub async fn within<T: Send + 'static>(
        &self,
        service: usize,
        name: &'static str,
        work: impl FnOnce(Arc<Life>) -> BoxFuture<'static, T>,
    ) -> Option<T> {
        let life = self.life(service)?;
        let owner = Owner { process: service, life: life.life, idles: false };
        let (tell, told) = oneshot::channel();
        let work = work(life);
        let task = async move {
            // Whoever asked may have gone.
            let _ = tell.send(work.await);
        };
        self.executor.spawn(owner, name, Box::pin(task));
        told.await.ok()
    }
}
