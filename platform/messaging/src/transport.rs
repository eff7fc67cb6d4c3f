//! How a published message reaches its consumers. Here: in the same process. The broker's transport
//! is `rabbit`.

use crate::consumer::{Consumer, Consumers};
use crate::version::family;
use async_trait::async_trait;
use hanse_envelope::Envelope;
use std::collections::BTreeMap;
use std::sync::RwLock;

#[derive(Debug, thiserror::Error)]
#[error("not published: {0}")]
pub struct TransportError(pub String);

/// Publishes one message; `Ok` only when it is safe with every subscriber (handled, parked, or held by a broker).
#[async_trait]
pub trait Transport: Send + Sync {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError>;

    /// As [`Transport::publish`], where the envelope has been read from what was written of it before: who sends text need
    /// not write it once more.
    async fn publish_written(&self, envelope: &Envelope, _written: &str) -> Result<(), TransportError> {
        self.publish(envelope).await
    }
}

/// Dispatch within the process: published means that every consumer has committed its effect or parked the message.
#[derive(Default)]
pub struct InProcess {
    /// By the type without its version: which of the consumers a version is for, the service knows.
    by_family: RwLock<BTreeMap<&'static str, Vec<(Consumers, Consumer)>>>,
}

impl InProcess {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the consumers of one service. All are added before the first relay starts.
    pub fn subscribe(&self, consumers: &Consumers) {
        let mut by_family = self.by_family.write().unwrap_or_else(|e| e.into_inner());
        for consumer in consumers.iter() {
            by_family.entry(family(consumer.kind)).or_default().push((consumers.clone(), consumer.clone()));
        }
    }
}

#[async_trait]
impl Transport for InProcess {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError> {
        let subscribers = {
            let by_family = self.by_family.read().unwrap_or_else(|e| e.into_inner());
            by_family.get(family(&envelope.kind)).cloned().unwrap_or_default()
        };
        let deliveries =
            subscribers.iter().map(|(consumers, consumer)| consumers.deliver(consumer, envelope));
        let outcomes = futures::future::join_all(deliveries).await;
        // All have been tried; a consumer that succeeded recognises the message when it comes again.
        outcomes
            .into_iter()
            .collect::<Result<Vec<()>, _>>()
            .map(|_| ())
            .map_err(|e| TransportError(e.to_string()))
    }
}
