//! Consumers: named handlers, each for one message type, that act once per message inside a unit of work.

use crate::batch::{Batch, HandleBatch, Member};
use crate::{inbox, parked, trace, version};
use async_trait::async_trait;
use futures::future::BoxFuture;
use hanse_database::{Db, DbError, Tx};
use hanse_envelope::{Envelope, Message, Received};
use hanse_kernel::{Effects, Scope, Timestamp};
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

impl Consumer {
    /// How many messages it should have in hand: as many as are usual, and never fewer than it handles together.
    pub(crate) fn in_hand(&self, usual: u16) -> u16 {
        usual.max(self.run.together())
    }
}

/// How a subscription takes one message.
#[async_trait]
pub(crate) trait Run: Send + Sync {
    async fn run(&self, target: &Target, envelope: &Envelope, retry: bool) -> Result<(), DbError>;

    /// How many messages it handles in one unit at most.
    fn together(&self) -> u16 {
        1
    }
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
        let handler = Arc::new(handler);
        let run = Arc::new(Handler { name, handler, one: false, message: PhantomData::<fn() -> M> });
        self.list.push(Consumer { name, kind: M::TYPE, run });
        self
    }

    /// As [`Consumers::on`], for a handler whose unit is about one aggregate: see [`Db::tx_one`].
    pub fn on_one<M: Message>(mut self, name: &'static str, handler: impl Handle<M>) -> Self {
        let handler = Arc::new(handler);
        let run = Arc::new(Handler { name, handler, one: true, message: PhantomData::<fn() -> M> });
        self.list.push(Consumer { name, kind: M::TYPE, run });
        self
    }

    /// Subscribes `batch` to `M`: what waits for it, from all of its subscriptions, is handled in one unit. `read` tells
    /// what a message asks for; None when it can have no effect here, as with [`Handle::concerns`].
    pub fn on_batch<M: Message, H: HandleBatch>(
        mut self,
        name: &'static str,
        batch: &Batch<H>,
        read: impl Fn(Received<M>) -> Result<Option<H::Task>, HandlerError> + Send + Sync + 'static,
    ) -> Self {
        let run = Arc::new(Member::new(name, batch.clone(), read));
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
    /// Its unit is about one aggregate.
    one: bool,
    message: PhantomData<fn() -> M>,
}

#[async_trait]
impl<M: Message, H: Handle<M>> Run for Handler<M, H> {
    async fn run(&self, target: &Target, envelope: &Envelope, retry: bool) -> Result<(), DbError> {
        // One that is parked has to be taken out, whatever it says.
        let wanted = |received: &Received<M>| retry || self.handler.concerns(&received.message);
        attend(target, self.name, envelope, wanted, |received| self.act(target, received, retry)).await
    }
}

/// Lets a wanted message be acted on, in its trace and with its correlation on every line of the log. What cannot be
/// handled is parked; what the store cannot take just now is to be delivered again.
pub(crate) async fn attend<M: Message, A: Future<Output = Result<(), HandlerError>> + Send>(
    target: &Target,
    consumer: &'static str,
    envelope: &Envelope,
    wanted: impl FnOnce(&Received<M>) -> bool + Send,
    act: impl FnOnce(Received<M>) -> A + Send,
) -> Result<(), DbError> {
    let mut received = match Received::<M>::open(envelope, target.service) {
        Ok(received) => received,
        // It never will be read.
        Err(e) => {
            let scope =
                Scope { correlation: Some(envelope.correlationid.clone()), ..Scope::of(target.service) };
            let unread = HandlerError::Refused(format!("does not read as {}: {e}", M::TYPE));
            return scope.around(park(target, consumer, envelope, unread)).await;
        }
    };
    if !wanted(&received) {
        return Ok(());
    }
    let mut work = trace::begin(&target.effects, target.service, consumer, &mut received);
    let scope = Scope::for_ctx(target.service, &received.ctx);
    let acted = async {
        match act(received).await {
            Ok(()) => {
                tracing::debug!(consumer, id = %envelope.id, "a message was dealt with");
                (Ok(()), false)
            }
            // The store itself is in trouble: parking would fail as well, so deliver again.
            Err(HandlerError::Store(
                e @ (DbError::Unavailable(_) | DbError::DiskFull | DbError::ReadOnly(_)),
            )) => (Err(e), true),
            Err(e) => (park(target, consumer, envelope, e).await, true),
        }
    };
    let (outcome, failed) = scope.around(acted).await;
    work.tell(|span| span.failed = failed);
    outcome
}

impl<M: Message, H: Handle<M>> Handler<M, H> {
    async fn act(&self, target: &Target, received: Received<M>, retry: bool) -> Result<(), HandlerError> {
        let now = target.effects.now();
        let input = (self.name, self.handler.clone(), received, now, retry);
        let db = &target.db;
        if self.one { db.tx_one(input, unit::<M, H>).await } else { db.tx(input, unit::<M, H>).await }
    }
}

/// What a handler's unit works with: consumer, handler, message, moment, and whether it was parked.
type Input<M, H> = (&'static str, Arc<H>, Received<M>, Timestamp, bool);

fn unit<'a, M: Message, H: Handle<M>>(
    tx: &'a mut Tx,
    (name, handler, received, now, retry): &'a Input<M, H>,
) -> BoxFuture<'a, Result<(), HandlerError>> {
    Box::pin(async move {
        if *retry {
            parked::take(tx, name, &received.source, received.id).await?;
        }
        if inbox::first_time(tx, name, &received.source, received.id, *now).await? {
            handler.handle(tx, received).await?;
        }
        Ok(())
    })
}
