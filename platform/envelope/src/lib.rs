//! The CloudEvents 1.0 envelope that every message travels in.

use hanse_kernel::{Actor, CorrelationId, Ctx, Timestamp, TraceContext};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::sync::Arc;
use uuid::Uuid;

/// A message of a contract. Evolution is additive only; a break is a new type (`….v2`).
pub trait Message: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Name with major version, such as `order.OrderPlaced.v1`: the part before the first dot is the producer for an
    /// event, the addressee for a command.
    const TYPE: &'static str;
}

/// One message on its way. `id` is stable over re-publishing; consumers dedupe on `(source, id)`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope {
    pub specversion: String,
    pub id: Uuid,
    /// The service that wrote it: `/services/order`.
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of the aggregate it is about.
    pub subject: String,
    pub time: Timestamp,
    /// Version of the aggregate, gapless; events only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggver: Option<i64>,
    pub correlationid: CorrelationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    pub datacontenttype: String,
    pub data: Box<RawValue>,
}

/// Declares the type names of a contract's messages: `messages! { OrderPlaced = "order.OrderPlaced.v1"; }`.
#[macro_export]
macro_rules! messages {
    ($($message:ident = $name:literal;)*) => { $(
        impl $crate::Message for $message {
            const TYPE: &'static str = $name;
        }
    )* };
}

impl Envelope {
    /// The envelope as the bytes that travel.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// A message as its handler sees it.
pub struct Received<M> {
    pub id: Uuid,
    pub source: String,
    pub subject: String,
    pub aggver: Option<i64>,
    pub time: Timestamp,
    /// The context in which the handler acts: the consuming service, with the correlation of the message and the
    /// message as the cause of what the handler sends.
    pub ctx: Ctx,
    pub message: M,
}

impl<M: Message> Received<M> {
    pub fn open(envelope: &Envelope, service: &str) -> Result<Self, serde_json::Error> {
        let message = serde_json::from_str(envelope.data.get())?;
        let mut ctx = Ctx::new(Actor::service(service), envelope.correlationid.clone());
        ctx.causation = Some(Arc::from(envelope.id.to_string()));
        ctx.trace = envelope.traceparent.as_deref().and_then(TraceContext::parse);
        Ok(Self {
            id: envelope.id,
            source: envelope.source.clone(),
            subject: envelope.subject.clone(),
            aggver: envelope.aggver,
            time: envelope.time,
            ctx,
            message,
        })
    }
}
