//! Consumers: named handlers, each for one message type, that act once per message inside a unit of work.

use crate::{inbox, parked, version};
use async_trait::async_trait;
use hanse_database::{Db, DbError, Tx};
use hanse_envelope::{Envelope, Message, Received};
use hanse_kernel::Effects;
use std::marker::PhantomData;
use std::sync::Arc;

/// Why a handler could not act now. Its unit is undone and the message parked for another try.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    #[error(transparent)]
    Store(#[from] DbError),
    /// Something that may be different later.
    #[error("{0}")]
    NotNow(String),
    /// Trying again will not help: parked at once for an operator to look at.
    #[error("{0}")]
    Refused(String),
}

/// A handler of `M`. It runs inside the unit whose first row is the inbox's; only the database may be awaited. It
/// must be idempotent by the business key too, because a command may be issued again under a new id.
#[async_trait]
pub trait Handle<M: Message>: Send + Sync + 'static {
    async fn handle(&self, tx: &mut Tx, received: &Received<M>) -> Result<(), HandlerError>;

    /// Whether the message, by itself, can have an effect here. One that cannot is dealt with without a unit and is not
    /// remembered, so the answer must be the same for ever and depend on nothing but the message.
    fn concerns(&self, _message: &M) -> bool {
        true
    }
}

/// A subscription: who handles which type.
#[derive(Clone)]
pub struct Consumer {
    /// `<service>.<what for>`; the inbox key, so it must never change once released.
    pub name: &'static str,
    pub kind: &'static str,
    run: Arc<dyn Run>,
}

#[async_trait]
trait Run: Send + Sync {
    async fn run(&self, target: &Target, envelope: &Envelope, retry: bool) -> Result<(), DbError>;
}

/// Where a consumer's unit happens.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) service: &'static str,
    pub(crate) db: Db,
    pub(crate) effects: Effects,
}

/// All consumers of one service, over its one database.
#[derive(Clone)]
pub struct Consumers {
    pub(crate) target: Target,
    list: Vec<Consumer>,
    watch: Option<Arc<dyn Watch>>,
}

/// Is told of every message that a consumer has dealt with. For tests, which wait for it.
pub trait Watch: Send + Sync {
    fn dealt_with(&self, consumer: &'static str, envelope: &Envelope);
}

impl Consumers {
    pub fn new(service: &'static str, db: Db, effects: Effects) -> Self {
        Self { target: Target { service, db, effects }, list: vec![], watch: None }
    }

    /// Subscribes `handler` to `M` under a name that stays the same for ever.
    pub fn on<M: Message>(mut self, name: &'static str, handler: impl Handle<M>) -> Self {
        let run = Arc::new(Handler { name, handler: Arc::new(handler), message: PhantomData::<fn() -> M> });
        self.list.push(Consumer { name, kind: M::TYPE, run });
        self
    }

    /// The same, watched.
    pub fn watched(mut self, watch: Arc<dyn Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    pub fn service(&self) -> &'static str {
        self.target.service
    }

    pub fn db(&self) -> &Db {
        &self.target.db
    }

    pub fn iter(&self) -> impl Iterator<Item = &Consumer> {
        self.list.iter()
    }

    pub fn by_name(&self, name: &str) -> Option<&Consumer> {
        self.list.iter().find(|c| c.name == name)
    }

    /// Lets one consumer act on one message. `Ok` means the message is dealt with: its effect is committed, it had
    /// been before, or it is parked. `Err` means that nothing was recorded: it must be delivered again.
    ///
    /// A consumer is brought every version of its type. One that another of the service takes is left to that; one
    /// that none of them knows is parked.
    pub async fn deliver(&self, consumer: &Consumer, envelope: &Envelope) -> Result<(), DbError> {
        if consumer.kind == envelope.kind {
            consumer.run.run(&self.target, envelope, false).await?;
        } else if self.takers(&envelope.kind).next().is_none() {
            self.park_unknown(consumer, envelope).await?;
        }
        if let Some(watch) = &self.watch {
            watch.dealt_with(consumer.name, envelope);
        }
        Ok(())
    }

    /// As [`Consumers::deliver`] for a message that is parked: success takes it out of the parked ones. What was parked
    /// because its version was unknown goes to whoever of the service knows it by now.
    pub(crate) async fn retry(&self, consumer: &Consumer, envelope: &Envelope) -> Result<(), DbError> {
        if consumer.kind == envelope.kind {
            return consumer.run.run(&self.target, envelope, true).await;
        }
        let takers: Vec<&Consumer> = self.takers(&envelope.kind).collect();
        if takers.is_empty() {
            return self.park_unknown(consumer, envelope).await;
        }
        for taker in takers {
            taker.run.run(&self.target, envelope, false).await?;
        }
        // Should the process end before this, the inbox knows the message when it is tried again.
        parked::forget(&self.target, consumer.name, envelope).await
    }

    fn takers<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Consumer> {
        self.list.iter().filter(move |taker| taker.kind == kind)
    }

    async fn park_unknown(&self, consumer: &Consumer, envelope: &Envelope) -> Result<(), DbError> {
        let why = version::unknown(self.service(), consumer.kind, &envelope.kind);
        park(&self.target, consumer.name, envelope, HandlerError::Refused(why)).await
    }
}

/// Says so wherever somebody may look.
async fn park(
    target: &Target,
    consumer: &'static str,
    envelope: &Envelope,
    why: HandlerError,
) -> Result<(), DbError> {
    tracing::warn!(consumer, kind = %envelope.kind, id = %envelope.id, error = %why, "message parked");
    metrics::counter!("messaging_parked_total", "consumer" => consumer).increment(1);
    let again = !matches!(why, HandlerError::Refused(_));
    parked::park(target, consumer, envelope, why.to_string(), again).await
}

struct Handler<M, H> {
    name: &'static str,
    handler: Arc<H>,
    message: PhantomData<fn() -> M>,
}

#[async_trait]
impl<M: Message, H: Handle<M>> Run for Handler<M, H> {
    async fn run(&self, target: &Target, envelope: &Envelope, retry: bool) -> Result<(), DbError> {
        let outcome = match Received::<M>::open(envelope, target.service) {
            Ok(received) => self.act(target, received, retry).await,
            Err(e) => Err(HandlerError::Refused(format!("does not read as {}: {e}", M::TYPE))),
        };
        match outcome {
            Ok(()) => Ok(()),
            // The store itself is in trouble: parking would fail as well, so deliver again.
            Err(HandlerError::Store(
                e @ (DbError::Unavailable(_) | DbError::DiskFull | DbError::ReadOnly(_)),
            )) => Err(e),
            Err(e) => park(target, self.name, envelope, e).await,
        }
    }
}

impl<M: Message, H: Handle<M>> Handler<M, H> {
    async fn act(&self, target: &Target, received: Received<M>, retry: bool) -> Result<(), HandlerError> {
        // One that is parked has to be taken out, whatever it says.
        if !retry && !self.handler.concerns(&received.message) {
            return Ok(());
        }
        let now = target.effects.now();
        let input = (self.name, self.handler.clone(), received, now, retry);
        target
            .db
            .tx(input, |tx, (name, handler, received, now, retry)| {
                Box::pin(async move {
                    if *retry {
                        parked::take(tx, name, &received.source, received.id).await?;
                    }
                    if inbox::first_time(tx, name, &received.source, received.id, *now).await? {
                        handler.handle(tx, received).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
