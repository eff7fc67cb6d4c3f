//! Events and commands and how they travel: the envelope, the outbox that commits with the state, the relay that
//! publishes it, the inbox that makes every effect happen once, and the parked messages that wait for another try.
//!
//! Events tell what happened, to whoever subscribes; commands ask one addressee to act. Both are outbox messages in a
//! CloudEvents 1.0 JSON envelope. Every consumer must be correct under any order and any duplication.

pub mod acts;
pub mod audit;
mod batch;
pub mod consumer;
pub mod gauges;
pub mod inbox;
pub mod outbox;
pub mod parked;
pub mod rabbit;
pub mod relay;
mod trace;
pub mod transport;
mod version;

pub use batch::{Batch, HandleBatch};
pub use consumer::{Consumer, Consumers, Handle, HandlerError, Watch};
pub use hanse_envelope::{Envelope, Message, Received};
pub use outbox::{Event, Outbox};
pub use rabbit::{DeadLetters, Letter, Rabbit, RabbitSettings};
pub use relay::Relay;
pub use transport::{InProcess, Transport, TransportError};

hanse_database::migrations!("messaging");
