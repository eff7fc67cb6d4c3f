//! Real modules in one process: real stores, relays and workers; neighbours that a test programs.

use crate::client::Client;
use crate::engines::TestDb;
use crate::wire::{Carrier, Wire};
use async_trait::async_trait;
use hanse_database::migrate::Migrations;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Engine};
use hanse_kernel::{Actor, CorrelationId, Ctx, Effects};
use hanse_messaging::{Consumers, Envelope, Message, RabbitSettings, Relay, Transport, TransportError};

use hanse_rpc::{Allow, Network, Switchboard};
use hanse_runtime::{Host, Module, Stop};
use serde_json::value::to_raw_value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// Longest that [`TestHost::settle`] and [`TestHost::until`] wait before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A message that went over the wire, for asserting on.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub kind: String,
    pub subject: String,
    pub envelope: Envelope,
    pub data: serde_json::Value,
}

/// One shop, or the part of it that a test needs.
pub struct TestHost {
    pub effects: Effects,
    pub engine: Engine,
    pub board: Switchboard,
    transport: Arc<Tap>,
    stop: Stop,
    stores: Mutex<Vec<TestDb>>,
}

/// A running module.
pub struct TestModule {
    pub host: Host,
    pub router: axum::Router,
    pub table: Vec<hanse_http::RouteRule>,
    pub consumers: Consumers,
}

struct Tap {
    inner: Wire,
    seen: Mutex<Vec<Recorded>>,
}

impl Tap {
    fn see(&self, envelope: &Envelope) {
        let data = serde_json::from_str(envelope.data.get()).expect("messages are JSON");
        let (kind, subject) = (envelope.kind.clone(), envelope.subject.clone());
        let recorded = Recorded { kind, subject, envelope: envelope.clone(), data };
        self.seen.lock().expect("no test panicked while holding it").push(recorded);
    }
}

#[async_trait]
impl Transport for Tap {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError> {
        self.see(envelope);
        self.inner.publish(envelope).await
    }

    async fn publish_written(&self, envelope: &Envelope, written: &str) -> Result<(), TransportError> {
        self.see(envelope);
        self.inner.publish_written(envelope, written).await
    }
}

impl TestHost {
    pub fn new(engine: Engine) -> Self {
        Self::with_effects(engine, crate::effects())
    }

    pub fn with_effects(engine: Engine, effects: Effects) -> Self {
        Self::on(engine, Carrier::InProcess, effects)
    }

    /// On a shape: an engine for the stores, a carrier for the messages.
    pub fn on(engine: Engine, carrier: Carrier, effects: Effects) -> Self {
        let stop = Stop::new();
        Self::over(engine, Wire::new(carrier, stop.clone()), effects, stop)
    }

    /// Over a broker of the test's own, which it may cut off or restart.
    pub fn with_broker(engine: Engine, settings: RabbitSettings) -> Self {
        let stop = Stop::new();
        let wire = Wire::broker(settings, crate::effects(), stop.clone());
        Self::over(engine, wire, crate::effects(), stop)
    }

    fn over(engine: Engine, wire: Wire, effects: Effects, stop: Stop) -> Self {
        let tap = Tap { inner: wire, seen: Mutex::default() };
        Self {
            board: Switchboard::new(effects.clone()),
            effects,
            engine,
            transport: Arc::new(tap),
            stop,
            stores: Mutex::default(),
        }
    }

    /// What the composition root would hand the service: a fresh store and the way to the others.
    pub async fn host(&self, service: &'static str, migrations: Migrations) -> Host {
        let opened = crate::engines::open_with(self.engine, &[migrations], self.effects.clone()).await;
        let host = Host::new(
            service,
            self.effects.clone(),
            opened.db.clone(),
            self.board.network_of(service),
            &crate::keyring(),
        );
        self.stores.lock().expect("not poisoned").push(opened);
        host
    }

    /// The folder with a host's store; None: it is on a server. Hosts are counted from 0, as they were made.
    pub fn folder_of(&self, host: usize) -> Option<std::path::PathBuf> {
        let stores = self.stores.lock().expect("not poisoned");
        stores.get(host)?.folder().map(std::path::Path::to_path_buf)
    }

    /// Starts a module: its answers to questions, its consumers, its relay and its workers.
    pub fn start(&self, module: Module) -> TestModule {
        self.start_without_workers(module, true)
    }

    /// As [`TestHost::start`], without the module's own loops: the test drives what they would do.
    pub fn start_idle(&self, module: Module) -> TestModule {
        self.start_without_workers(module, false)
    }

    fn start_without_workers(&self, module: Module, workers: bool) -> TestModule {
        let Module { host, routes, rpc, allow, consumers, workers: loops } = module;
        self.board.plug(host.service, rpc, allow);
        self.transport.inner.subscribe(&consumers);
        let transport: Arc<dyn Transport> = self.transport.clone();
        // The relay's pauses are real also where the test's clock stands still.
        let pace = Effects { timers: crate::effects().timers, ..host.effects.clone() };
        let relay = Relay::new(host.db.clone(), host.outbox.clone(), consumers.clone(), transport, pace);
        let stop = self.stop.clone();
        tokio::spawn(async move { relay.run(stop.asked()).await });
        if workers {
            for worker in loops {
                tokio::spawn((worker.run)(self.stop.clone()));
            }
        }
        TestModule { host, router: routes.router, table: routes.table, consumers }
    }

    /// Puts a neighbour in the place of a service: `fake("pricing", Routes::new(PricingServer::new(mine)))`.
    pub fn fake(&self, service: &'static str, routes: tonic::service::Routes) {
        self.board.plug(service, routes, Allow::anybody(service, &[]));
    }

    /// Lets a fake neighbour consume messages, over a store of its own (see [`TestHost::host`]).
    pub fn subscribe(&self, consumers: &Consumers) {
        self.transport.inner.subscribe(consumers);
    }

    /// The way to the others, as `caller` has it.
    pub fn network_of(&self, caller: &'static str) -> Arc<dyn Network> {
        self.board.network_of(caller)
    }

    /// Sends a message as `from` would; returns its id. All consumers have dealt with it when this returns.
    pub async fn send<M: Message>(&self, from: &str, subject: impl ToString, message: &M) -> Uuid {
        let id = self.effects.ids.uuid();
        self.send_as(id, from, subject, message).await;
        id
    }

    /// Sends a message under a given id: twice the same is a duplicate.
    pub async fn send_as<M: Message>(&self, id: Uuid, from: &str, subject: impl ToString, message: &M) {
        self.transport.inner.deliver(&self.envelope(id, from, subject, M::TYPE, message)).await;
    }

    /// Publishes something as a message of the given type, once, without waiting for its consumers.
    pub async fn try_send(
        &self,
        from: &str,
        subject: impl ToString,
        kind: &str,
        message: &impl serde::Serialize,
    ) -> Result<(), TransportError> {
        let id = self.effects.ids.uuid();
        self.transport.inner.publish(&self.envelope(id, from, subject, kind, message)).await
    }

    fn envelope(
        &self,
        id: Uuid,
        from: &str,
        subject: impl ToString,
        kind: &str,
        message: &impl serde::Serialize,
    ) -> Envelope {
        Envelope {
            specversion: "1.0".into(),
            id,
            source: format!("/services/{from}"),
            kind: kind.into(),
            subject: subject.to_string(),
            time: self.effects.now(),
            aggver: None,
            correlationid: CorrelationId::new(id),
            causationid: None,
            traceparent: None,
            datacontenttype: "application/json".into(),
            data: to_raw_value(message).expect("messages are JSON"),
        }
    }

    /// All messages published by modules so far, in order of publication.
    pub fn published(&self) -> Vec<Recorded> {
        self.transport.seen.lock().expect("not poisoned").clone()
    }

    /// Those of one type, as values.
    pub fn published_of<M: Message>(&self) -> Vec<M> {
        let of_kind = self.published().into_iter().filter(|r| r.kind == M::TYPE);
        of_kind.map(|r| serde_json::from_value(r.data).expect("reads as its type")).collect()
    }

    /// Waits until every outbox is empty and nothing is parked for another try: messages have had all their effects.
    pub async fn settle(&self) {
        let dbs: Vec<Db> = self.stores.lock().expect("not poisoned").iter().map(|s| s.db.clone()).collect();
        self.until("all messages are dealt with", async || {
            for db in &dbs {
                if waiting(db, self.effects.now()).await.expect("the store answers") > 0 {
                    return false;
                }
            }
            self.transport.inner.quiet()
        })
        .await;
    }

    /// Waits for something that a worker will make true; fails the test with `what` when it does not.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let deadline = std::time::Instant::now() + PATIENCE;
        while !holds().await {
            assert!(std::time::Instant::now() < deadline, "in vain: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// A context for calling use cases directly.
    pub fn ctx(&self, actor: Actor) -> Ctx {
        Ctx::new(actor, CorrelationId::new(self.effects.ids.uuid()))
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        self.stop.now();
    }
}

impl TestModule {
    /// Calls the module's REST routes as `actor`.
    pub fn client(&self, actor: Actor) -> Client {
        Client::new(self.router.clone(), self.host.effects.clone(), actor)
    }

    /// How many messages consumers whose names are like this have had a unit of their own for.
    pub async fn remembers(&self, consumers: &'static str) -> i64 {
        let sql = "select count(*) from inbox where consumer like $1";
        let counted: Result<Option<i64>, DbError> = self
            .host
            .db
            .read(consumers, move |tx, consumers| {
                Box::pin(async move { tx.query_opt(sql, &[consumers], |r| r.get(0)).await })
            })
            .await;
        counted.expect("the inbox is read").expect("a count")
    }
}

async fn waiting(db: &Db, now: hanse_kernel::Timestamp) -> Result<i64, DbError> {
    db.read(now, |tx, now| {
        Box::pin(async move {
            let sql = "select count(*) from outbox where published_at is null and not_before <= $1";
            let outbox: Option<i64> = tx.query_opt(sql, &[now], |r| r.get(0)).await?;
            let sql = "select count(*) from parked where next_at is not null";
            let parked: Option<i64> = tx.query_opt(sql, &[], |r| r.get(0)).await?;
            Ok(outbox.unwrap_or(0) + parked.unwrap_or(0))
        })
    })
    .await
}
