//! How messages travel: within the process as in the embedded shape, or by a broker that keeps them, in any order and
//! more than once.

use crate::defect::Defect;
use crate::services::{self, ORDER};
use crate::weather::Fault;
use crate::world::World;
use async_trait::async_trait;
use hanse_messaging::{Consumers, Envelope, Transport, TransportError};
use std::sync::{Arc, Mutex, Weak};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// Published means: dealt with by all.
    Process,
    /// Published means: kept for each of them.
    Broker,
}

/// Who takes which messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taker {
    service: usize,
    consumer: &'static str,
    kind: &'static str,
}

#[derive(Default)]
pub struct Post {
    takers: Mutex<Vec<Taker>>,
    /// Kept for a taker and not dealt with yet.
    kept: Mutex<u64>,
}

impl Post {
    /// The same each time a service begins.
    pub fn subscribe(&self, service: usize, consumers: &Consumers) {
        let mut takers = self.takers.lock().unwrap_or_else(|e| e.into_inner());
        for consumer in consumers.iter() {
            let taker = Taker { service, consumer: consumer.name, kind: consumer.kind };
            if !takers.contains(&taker) {
                takers.push(taker);
            }
        }
    }

    fn takers_of(&self, kind: &str) -> Vec<Taker> {
        let takers = self.takers.lock().unwrap_or_else(|e| e.into_inner());
        takers.iter().filter(|taker| taker.kind == kind).copied().collect()
    }

    /// How many messages are on their way.
    pub fn under_way(&self) -> u64 {
        *self.kept.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// One more, or one less.
    pub fn keep(&self, more: bool) {
        let mut kept = self.kept.lock().unwrap_or_else(|e| e.into_inner());
        *kept = if more { *kept + 1 } else { kept.saturating_sub(1) };
    }
}

/// What the relay of one process publishes through.
pub struct Relayed {
    pub world: Weak<World>,
    pub from: usize,
}

#[async_trait]
impl Transport for Relayed {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError> {
        let Some(world) = self.world.upgrade() else { return Err(TransportError("no world".into())) };
        world.may_crash(self.from, Fault::CrashAtPublish).await;
        if world.planted(Defect::MarkedBeforePublished) {
            let (world, envelope, from) = (world.clone(), envelope.clone(), self.from);
            let life = world.life(from).map_or(0, |life| life.life);
            let owner = crate::executor::Owner { process: from, life, idles: false };
            let later = world.clone();
            world.executor.spawn(
                owner,
                "post",
                Box::pin(async move {
                    // What goes wrong here is nobody's business any more.
                    let _ = hand_over(&later, &envelope).await;
                }),
            );
            return Ok(());
        }
        hand_over(&world, envelope).await.map_err(TransportError)?;
        world.may_crash(self.from, Fault::CrashBeforeMark).await;
        if world.strikes(Fault::PublisherUntold) {
            return Err(TransportError("the answer was lost".into()));
        }
        Ok(())
    }
}

async fn hand_over(world: &Arc<World>, envelope: &Envelope) -> Result<(), String> {
    let takers = world.post.takers_of(&envelope.kind);
    match world.plan.carrier {
        Carrier::Broker => {
            for taker in takers {
                keep(world, taker, envelope.clone());
            }
            Ok(())
        }
        Carrier::Process => {
            let brought = takers.into_iter().map(|taker| async move {
                if world.strikes(Fault::MessageLate) {
                    world.sleep(world.fate.millis(5, 8_000)).await;
                }
                if world.strikes(Fault::MessageTwice) {
                    keep(world, taker, envelope.clone());
                }
                deliver(world, &taker, envelope).await
            });
            futures::future::join_all(brought).await.into_iter().collect()
        }
    }
}

/// The broker's copy for one taker: brought until it is dealt with.
fn keep(world: &Arc<World>, taker: Taker, envelope: Envelope) {
    world.post.keep(true);
    let courier = world.clone();
    world.spawn("courier", async move {
        let world = courier;
        let late = world.strikes(Fault::MessageLate);
        let longest = if late { 15_000 } else { 40 };
        world.sleep(world.fate.millis(0, longest)).await;
        let times = if world.strikes(Fault::MessageTwice) { 2 } else { 1 };
        for _ in 0..times {
            while deliver(&world, &taker, &envelope).await.is_err() {
                world.sleep(world.fate.millis(50, 1_000)).await;
            }
            world.sleep(world.fate.millis(0, 5_000)).await;
        }
        world.post.keep(false);
    });
}

/// Brings one message to one taker; `Ok` when it has been dealt with.
async fn deliver(world: &Arc<World>, taker: &Taker, envelope: &Envelope) -> Result<(), String> {
    if let Some(instead) = crate::planted::swallows(world, taker.service, envelope) {
        return instead;
    }
    if taker.service == ORDER {
        world.note_answer(envelope);
    }
    let (bringing, name, carried) = (world.clone(), *taker, envelope.clone());
    let brought = world.within(taker.service, "message", move |life| {
        Box::pin(async move {
            let Some(consumer) = life.consumers.by_name(name.consumer) else {
                return Err("nobody takes it".to_string());
            };
            life.consumers.deliver(consumer, &carried).await.map_err(|e| e.to_string())?;
            bringing.may_crash(name.service, Fault::CrashBeforeAck).await;
            Ok(())
        })
    });
    if world.planted(Defect::AckBeforeCommit) {
        // The answer is not waited for.
        let _ =
            futures::future::select(std::pin::pin!(brought), std::pin::pin!(crate::executor::step_aside()))
                .await;
        return Ok(());
    }
    let outcome = brought.await.unwrap_or_else(|| Err("its process ended".into()));
    crate::planted::after_delivery(world, taker.service, taker.consumer, envelope);
    if outcome.is_ok() {
        let what = format!("takes {} of {}", brief(envelope), envelope.subject);
        world.tell(services::NAMES[taker.service], what);
    }
    outcome
}

/// The message's name, with what it says of the outcome.
pub fn brief(envelope: &Envelope) -> String {
    let name = envelope.kind.split('.').nth(1).unwrap_or(&envelope.kind);
    match outcome(envelope) {
        Some(outcome) => format!("{name} {outcome}"),
        None => name.to_string(),
    }
}

pub fn field(envelope: &Envelope, name: &str) -> Option<String> {
    let data: serde_json::Value = serde_json::from_str(envelope.data.get()).ok()?;
    data[name].as_str().map(str::to_string)
}

pub fn outcome(envelope: &Envelope) -> Option<String> {
    if envelope.data.get().contains("\"outcome\"") { field(envelope, "outcome") } else { None }
}

/// Sends a message that no outbox holds; for planted defects.
pub fn send(world: &Arc<World>, envelope: &Envelope) {
    for taker in world.post.takers_of(&envelope.kind) {
        keep(world, taker, envelope.clone());
    }
}
