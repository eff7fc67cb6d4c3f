//! The broker's transport: the outbox is relayed to RabbitMQ with confirms, and every consumer takes from a quorum queue
//! of its own. What is acknowledged to either side is safe: a publish is one when the broker has confirmed it and a
//! queue has it, a delivery is dealt with when its effect has been committed or the message is parked.

mod consume;
mod dead;
mod headers;
mod lanes;
mod link;
mod publish;
mod tls;
mod topology;
mod waiting;

use crate::consumer::Consumers;
use crate::transport::{Transport, TransportError};
use async_trait::async_trait;
pub use dead::{DeadError, DeadLetters, Letter};
use hanse_envelope::Envelope;
use hanse_kernel::{Effects, Secret};
use link::Link;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;
pub use topology::Flow;
use topology::Names;
pub use waiting::waiting;

/// How often the dead letters are counted.
const COUNT_DEAD: Duration = Duration::from_secs(5);

/// Where the broker is and how it is used.
#[derive(Clone)]
pub struct RabbitSettings {
    /// `amqp://user:password@host:5672/vhost`, or `amqps://…:5671/…` for TLS.
    pub url: Secret,
    /// With `amqps`: the certificates (PEM) of those who may vouch for the broker.
    pub authority: Option<String>,
    /// What the names of exchanges and queues begin with: several shops may share a broker.
    pub prefix: String,
    /// Deliveries that a consumer may have in hand at once; one that handles several together has at least as many.
    pub prefetch: u16,
    /// How long the broker may take for an answer (a confirm, an acknowledgement, a declaration) before the connection
    /// is given up.
    pub patience: Duration,
    /// Queues that nobody has used for so long are deleted by the broker; None, and right for a shop: never.
    pub expires: Option<Duration>,
}

impl RabbitSettings {
    pub fn new(url: Secret, prefix: &str) -> Self {
        let (authority, expires) = (None, None);
        Self {
            url,
            authority,
            prefix: prefix.into(),
            prefetch: 64,
            patience: Duration::from_secs(10),
            expires,
        }
    }

    /// Whether the certificates of those who may vouch for the broker can be used.
    pub fn check_authority(&self) -> Result<(), String> {
        tls::connector(self.authority.as_deref()).map(drop).map_err(|e| e.to_string())
    }

    /// Whether the address reads as one. Why not is not told: it might repeat the password.
    pub fn reads(url: &str) -> bool {
        tls::address(url).is_ok()
    }
}

/// One process's way to the broker: a connection for publishing and one for consuming, so that a broker that holds
/// publishers back (it is short of memory or disk) still lets consumers empty its queues.
pub struct Rabbit {
    settings: RabbitSettings,
    effects: Effects,
    names: Names,
    flows: RwLock<Vec<Flow>>,
    /// How many flows there are: whoever finds as many declared need not look at them.
    known: AtomicUsize,
    publishing: Link,
    consuming: Link,
}

impl Rabbit {
    pub fn new(settings: RabbitSettings, effects: Effects) -> Arc<Self> {
        let link = |role| Link::new(role, settings.clone(), effects.clone());
        Arc::new(Self {
            names: Names::new(&settings.prefix),
            flows: RwLock::default(),
            known: AtomicUsize::new(0),
            publishing: link("publishing"),
            consuming: link("consuming"),
            settings,
            effects,
        })
    }

    /// Makes room at the broker for what these consumers take, before the next message is published: what is told after
    /// this call waits for them, whether they are there or not.
    pub fn subscribe(&self, consumers: &Consumers) {
        self.know(consumers.iter().map(|c| Flow::new(consumers.service(), c.name, c.kind)).collect());
    }

    /// As [`Rabbit::subscribe`], for consumers in other processes.
    pub fn know(&self, flows: Vec<Flow>) {
        let mut known = self.flows.write().unwrap_or_else(|e| e.into_inner());
        let new: Vec<Flow> = flows.into_iter().filter(|flow| !known.contains(flow)).collect();
        known.extend(new);
        self.known.store(known.len(), Ordering::Release);
    }

    /// Makes what is known at the broker now, instead of before the next message.
    pub async fn declare(&self) -> Result<(), TransportError> {
        let line = self.publishing.line_now().map_err(|e| TransportError(e.0))?;
        topology::declare(self, &line).await.map_err(|e| TransportError(e.0))
    }

    /// Keeps both connections up, for ever: dropped, they close.
    pub async fn keep(&self) {
        futures::future::join(self.publishing.keep(), self.consuming.keep()).await;
    }

    /// Takes messages for one service until `stop` resolves; what is in hand then is finished first.
    pub async fn take(&self, consumers: &Consumers, stop: impl Future<Output = ()> + Send) {
        consume::take(self, consumers, stop).await;
    }

    /// Resolves when the broker has been reached.
    pub async fn reached(&self) {
        self.publishing.line().await;
        self.consuming.line().await;
    }

    /// Tells again and again, until `stop` resolves, how many messages are dead (`hanse_dead_letters`).
    pub async fn count_dead(&self, stop: impl Future<Output = ()> + Send) {
        let counting = async {
            loop {
                let line = self.consuming.line().await;
                match topology::dead(self, &line).await {
                    Ok(count) => metrics::gauge!("hanse_dead_letters").set(f64::from(count)),
                    Err(e) => tracing::debug!(error = %e, "the dead letters were not counted"),
                }
                self.effects.timers.sleep(COUNT_DEAD).await;
            }
        };
        futures::future::select(std::pin::pin!(counting), std::pin::pin!(stop)).await;
    }

    fn flows(&self) -> Vec<Flow> {
        self.flows.read().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

#[async_trait]
impl Transport for Rabbit {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError> {
        let written = envelope.to_json().map_err(|e| TransportError(e.to_string()))?;
        self.publish_written(envelope, &written).await
    }

    async fn publish_written(&self, envelope: &Envelope, written: &str) -> Result<(), TransportError> {
        publish::publish(self, envelope, written).await.map_err(TransportError)
    }
}
