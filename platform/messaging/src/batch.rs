//! Batches: messages that want the same rows are handled together, in one unit, in the order in which they came. Whoever
//! comes while a unit is under way waits for the next one; nobody waits for company.

use crate::consumer::{HandlerError, Run, Target, attend};
use crate::inbox::{Key, first_time, first_times};
use crate::parked;
use async_trait::async_trait;
use hanse_database::{DbError, Tx};
use hanse_envelope::{Envelope, Message, Received};
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Messages of one unit at most: so many bound its time and its memory.
const MOST: u16 = 128;

/// Handles several messages in one unit, with the same outcome as one after the other.
#[async_trait]
pub trait HandleBatch: Send + Sync + 'static {
    /// What is to be done because of one message.
    type Task: Send + Sync + 'static;

    /// Does all of it, in this order. Only the database may be awaited. On PostgreSQL the unit is READ COMMITTED (see
    /// [`hanse_database::Db::tx_queue`]): it first locks what it decides on, and then reads it. When it fails nothing
    /// has happened, and every task is done in a unit of its own.
    async fn handle(&self, tx: &mut Tx, tasks: &[&Self::Task]) -> Result<(), HandlerError>;
}

/// A handler with those who wait for it. All subscriptions made with clones of one share its units.
pub struct Batch<H: HandleBatch>(Arc<Counter<H>>);

impl<H: HandleBatch> Clone for Batch<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Counter<H: HandleBatch> {
    handler: Arc<H>,
    queue: Mutex<Queue<H::Task>>,
}

struct Queue<T> {
    waiting: VecDeque<Waiting<T>>,
    /// Somebody is working, and will look at what waits.
    open: bool,
}

struct Waiting<T> {
    message: Arc<Asked<T>>,
    answer: oneshot::Sender<Result<(), HandlerError>>,
}

/// A message, and what is to be done because of it.
struct Asked<T> {
    key: Key,
    task: Option<T>,
}

impl<H: HandleBatch> Batch<H> {
    pub fn new(handler: H) -> Self {
        let queue = Mutex::new(Queue { waiting: VecDeque::new(), open: false });
        Self(Arc::new(Counter { handler: Arc::new(handler), queue }))
    }

    /// Waits in line; resolves when the message's effect has been committed or cannot be had.
    async fn line_up(&self, target: &Target, message: Asked<H::Task>) -> Result<(), HandlerError> {
        let (answer, answered) = oneshot::channel();
        let idle = {
            let mut queue = self.0.queue();
            queue.waiting.push_back(Waiting { message: Arc::new(message), answer });
            !std::mem::replace(&mut queue.open, true)
        };
        if idle {
            // A task of its own: whoever stops waiting takes nobody else's unit along.
            let (shift, on) = (Shift { counter: self.0.clone(), over: false }, target.clone());
            target.effects.spawn.spawn("messaging.batch", Box::pin(async move { shift.work(&on).await }));
        }
        answered.await.unwrap_or_else(|_| {
            Err(HandlerError::Store(DbError::Unavailable(
                "the batch was given up; nothing was changed".into(),
            )))
        })
    }
}

impl<H: HandleBatch> Counter<H> {
    fn queue(&self) -> MutexGuard<'_, Queue<H::Task>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever waits, the first first; closes when nobody does.
    fn next(&self) -> Vec<Waiting<H::Task>> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(usize::from(MOST));
        queue.open = count > 0;
        queue.waiting.drain(..count).collect()
    }
}

/// Somebody working at a counter. However it ends, the counter is closed and nobody waits there in vain.
struct Shift<H: HandleBatch> {
    counter: Arc<Counter<H>>,
    /// The counter has been closed in good order, and may have been opened again by somebody else.
    over: bool,
}

impl<H: HandleBatch> Drop for Shift<H> {
    fn drop(&mut self) {
        if !self.over {
            let mut queue = self.counter.queue();
            queue.waiting.clear();
            queue.open = false;
        }
    }
}

impl<H: HandleBatch> Shift<H> {
    async fn work(mut self, target: &Target) {
        loop {
            let batch = self.counter.next();
            if batch.is_empty() {
                self.over = true;
                return;
            }
            self.counter.serve(target, batch).await;
        }
    }
}

impl<H: HandleBatch> Counter<H> {
    async fn serve(&self, target: &Target, batch: Vec<Waiting<H::Task>>) {
        metrics::histogram!("messaging_batch_messages").record(batch.len() as f64);
        let messages = batch.iter().map(|waiting| waiting.message.clone()).collect();
        let Err(error) = self.together(target, messages).await else {
            batch.into_iter().for_each(|waiting| waiting.told(Ok(())));
            return;
        };
        tracing::info!(%error, messages = batch.len(), "a batch could not be handled as one");
        metrics::counter!("messaging_batches_undone_total").increment(1);
        for waiting in batch {
            let outcome = match trouble(&error) {
                // It would be the same for each of them.
                Some(same) => Err(same),
                None => self.alone(target, waiting.message.clone(), false).await,
            };
            waiting.told(outcome);
        }
    }

    async fn together(
        &self,
        target: &Target,
        messages: Vec<Arc<Asked<H::Task>>>,
    ) -> Result<(), HandlerError> {
        let input = (self.handler.clone(), messages, target.effects.now());
        target
            .db
            .tx_queue(input, |tx, (handler, messages, now)| {
                Box::pin(async move {
                    let keys: Vec<&Key> = messages.iter().map(|message| &message.key).collect();
                    let new = first_times(tx, &keys, *now).await?;
                    let new = messages.iter().zip(new).filter(|(_, new)| *new);
                    let tasks: Vec<&H::Task> = new.filter_map(|(message, _)| message.task.as_ref()).collect();
                    if tasks.is_empty() { Ok(()) } else { handler.handle(tx, &tasks).await }
                })
            })
            .await
    }

    /// `retry`: it is parked, and has to be taken out whatever it says.
    async fn alone(
        &self,
        target: &Target,
        message: Arc<Asked<H::Task>>,
        retry: bool,
    ) -> Result<(), HandlerError> {
        let input = (self.handler.clone(), message, target.effects.now(), retry);
        target
            .db
            .tx(input, |tx, (handler, message, now, retry)| {
                Box::pin(async move {
                    let Key { consumer, source, id } = &message.key;
                    if *retry {
                        parked::take(tx, consumer, source, *id).await?;
                    }
                    let new = first_time(tx, consumer, source, *id, *now).await?;
                    match &message.task {
                        Some(task) if new => handler.handle(tx, &[task]).await,
                        _ => Ok(()),
                    }
                })
            })
            .await
    }
}

impl<T> Waiting<T> {
    fn told(self, outcome: Result<(), HandlerError>) {
        // Whoever has stopped waiting is given the message again, and has it in the inbox.
        let _ = self.answer.send(outcome);
    }
}

/// The same once more, if the store cannot be written at all.
fn trouble(error: &HandlerError) -> Option<HandlerError> {
    match error {
        HandlerError::Store(DbError::Unavailable(why)) => {
            Some(HandlerError::Store(DbError::Unavailable(why.clone())))
        }
        HandlerError::Store(DbError::ReadOnly(why)) => {
            Some(HandlerError::Store(DbError::ReadOnly(why.clone())))
        }
        HandlerError::Store(DbError::DiskFull) => Some(HandlerError::Store(DbError::DiskFull)),
        _ => None,
    }
}

/// One subscription of a batch.
pub(crate) struct Member<M, H: HandleBatch, R> {
    name: &'static str,
    batch: Batch<H>,
    read: R,
    message: PhantomData<fn() -> M>,
}

impl<M, H, R> Member<M, H, R>
where
    M: Message,
    H: HandleBatch,
    R: Fn(Received<M>) -> Result<Option<H::Task>, HandlerError> + Send + Sync + 'static,
{
    pub(crate) fn new(name: &'static str, batch: Batch<H>, read: R) -> Self {
        Self { name, batch, read, message: PhantomData }
    }

    async fn act(&self, target: &Target, received: Received<M>, retry: bool) -> Result<(), HandlerError> {
        let key = Key { consumer: self.name, source: received.source.clone(), id: received.id };
        let message = Asked { key, task: (self.read)(received)? };
        if retry {
            return self.batch.0.alone(target, Arc::new(message), true).await;
        }
        if message.task.is_none() {
            return Ok(());
        }
        self.batch.line_up(target, message).await
    }
}

#[async_trait]
impl<M, H, R> Run for Member<M, H, R>
where
    M: Message,
    H: HandleBatch,
    R: Fn(Received<M>) -> Result<Option<H::Task>, HandlerError> + Send + Sync + 'static,
{
    async fn run(&self, target: &Target, envelope: &Envelope, retry: bool) -> Result<(), DbError> {
        attend(target, self.name, envelope, |_| true, |received| self.act(target, received, retry)).await
    }

    fn together(&self) -> u16 {
        MOST
    }
}
