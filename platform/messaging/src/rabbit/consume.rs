//! Taking messages from the queues of one service and acknowledging each when it has been dealt with.

use super::Rabbit;
use super::headers::came_back;
use super::lanes::Lanes;
use super::link::{Line, LineError};
use super::topology::declare;
use crate::consumer::{Consumer, Consumers};
use crate::version::family;
use futures::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};
use hanse_envelope::Envelope;
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions,
};
use lapin::types::{FieldTable, ShortString};
use std::time::Duration;
use tokio::sync::watch;

/// Wait before the store is tried again with what it could not take: doubled each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Wait before taking again after a line broke although the broker is there.
const AGAIN: Duration = Duration::from_millis(100);

pub(super) async fn take(rabbit: &Rabbit, consumers: &Consumers, stop: impl Future<Output = ()> + Send) {
    if consumers.iter().next().is_none() {
        return;
    }
    let (ending, end) = watch::channel(false);
    let taking = async {
        while !*end.borrow() {
            let line = rabbit.consuming.line().await;
            let queues = consumers.iter().map(|consumer| {
                let work = Work { rabbit, line: &line, consumers, consumer, end: end.clone() };
                async move {
                    if let Err(e) = work.run().await {
                        tracing::warn!(consumer = work.consumer.name, error = %e, "messages cannot be taken; tried again");
                        work.line.give_up();
                    }
                }
            });
            futures::future::join_all(queues).await;
            if !*end.borrow() {
                rabbit.effects.timers.sleep(AGAIN).await;
            }
        }
    };
    let (mut taking, stop) = (std::pin::pin!(taking), std::pin::pin!(stop));
    if let futures::future::Either::Right(_) = futures::future::select(taking.as_mut(), stop).await {
        ending.send_replace(true);
        // With the broker away there is nothing in hand that could be acknowledged.
        if rabbit.consuming.line_now().is_ok() {
            taking.await;
        }
    }
}

/// How many messages a consumer has in hand. A process that dies of one takes all of them along, and each has come back
/// once more; so that it is the one alone that comes back too often, what may be deadly is dealt with by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// One: nobody knows why the process before ended. Until a message that has never come back is dealt with.
    Careful,
    /// As many as are configured. Until one comes that has come back before: the others are done first.
    Quick,
}

/// A message that has come back so often is dealt with alone. (Once is what every restart does to what was in hand.)
const SUSPECT: i64 = 2;

/// One consumer's queue on one line.
struct Work<'a> {
    rabbit: &'a Rabbit,
    line: &'a Line,
    consumers: &'a Consumers,
    consumer: &'a Consumer,
    end: watch::Receiver<bool>,
}

impl Work<'_> {
    /// Until the end is asked for, or the line breaks.
    async fn run(&self) -> Result<(), LineError> {
        declare(self.rabbit, self.line).await?;
        let channel = self.line.another_channel().await?;
        let mut pace = Pace::Careful;
        while let Some(next) = self.at(pace, &channel).await? {
            pace = next;
        }
        Ok(())
    }

    /// Takes at one pace; the pace to go on with, None at the end.
    async fn at(&self, pace: Pace, channel: &Channel) -> Result<Option<Pace>, LineError> {
        let quick = self.consumer.in_hand(self.rabbit.settings.prefetch);
        let prefetch = if pace == Pace::Careful { 1 } else { quick };
        self.line.ask(channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let queue = self.rabbit.names.queue(self.consumer.name);
        let tag = ShortString::from(format!("{} ({prefetch} at once)", self.consumer.name).as_str());
        let options = BasicConsumeOptions::default();
        let asked = channel.basic_consume(
            ShortString::from(queue.as_str()),
            tag.clone(),
            options,
            FieldTable::default(),
        );
        let mut deliveries = self.line.ask(asked).await?;

        let mut end = self.end.clone();
        let mut ended = std::pin::pin!(async move { end.wait_for(|end| *end).await.is_ok() }.fuse());
        let mut lost = std::pin::pin!(self.line.lost().fuse());
        let (mut lanes, mut running) = (Lanes::default(), FuturesUnordered::new());
        let (mut open, mut next, mut fresh, mut suspects) = (true, None, false, vec![]);
        while open || !running.is_empty() {
            tokio::select! {
                biased;
                () = &mut lost => return Ok(None),
                // What has been delivered before is still dealt with: nothing is given back that could be done.
                _ = &mut ended, if next.is_none() => self.cancel(channel, tag.clone()).await?,
                Some(subject) = running.next(), if !running.is_empty() => {
                    let subject: String = subject;
                    if let Some(next) = lanes.done(&subject) {
                        running.push(self.deal(next, subject));
                    }
                    if pace == Pace::Careful && fresh && next.is_none() && !*self.end.borrow() {
                        next = Some(Pace::Quick);
                        self.cancel(channel, tag.clone()).await?;
                    }
                }
                delivery = deliveries.next(), if open => match delivery {
                    Some(Ok(delivery)) => {
                        let before = came_back(&delivery.properties);
                        fresh = before == 0;
                        if pace == Pace::Quick && before >= SUSPECT {
                            suspects.push(delivery);
                            if next.is_none() && !*self.end.borrow() {
                                next = Some(Pace::Careful);
                                self.cancel(channel, tag.clone()).await?;
                            }
                        } else if let Some((subject, now)) = self.sort(&mut lanes, delivery).await? {
                            running.push(self.deal(now, subject));
                        }
                    }
                    Some(Err(e)) => return Err(LineError(e.to_string())),
                    None => open = false,
                },
            }
        }
        // Nobody else is in hand any more.
        for suspect in suspects {
            if let Some((subject, now)) = self.sort(&mut lanes, suspect).await? {
                lanes.done(&self.deal(now, subject).await);
            }
        }
        match next {
            _ if *self.end.borrow() => Ok(None),
            Some(pace) => Ok(Some(pace)),
            None => Err(LineError("the broker ended the consumer".into())),
        }
    }

    async fn cancel(&self, channel: &Channel, tag: ShortString) -> Result<(), LineError> {
        self.line.ask(channel.basic_cancel(tag, BasicCancelOptions::default())).await
    }

    /// Puts a delivery into its lane; what is to be begun at once. What cannot be read goes to the dead ones.
    async fn sort(
        &self,
        lanes: &mut Lanes<(Delivery, Envelope)>,
        delivery: Delivery,
    ) -> Result<Option<(String, (Delivery, Envelope))>, LineError> {
        let read = std::str::from_utf8(&delivery.data).map_err(|e| e.to_string());
        let read = read.and_then(|text| Envelope::from_json(text).map_err(|e| e.to_string()));
        match read {
            Ok(envelope) if family(&envelope.kind) == family(self.consumer.kind) => {
                let subject = envelope.subject.clone();
                Ok(lanes.arrive(&subject, (delivery, envelope)).map(|now| (subject, now)))
            }
            Ok(envelope) => self.bury(&delivery, &format!("it is a {}", envelope.kind)).await.map(|()| None),
            Err(e) => self.bury(&delivery, &e).await.map(|()| None),
        }
    }

    async fn bury(&self, delivery: &Delivery, why: &str) -> Result<(), LineError> {
        tracing::error!(consumer = self.consumer.name, why, "a message that is none goes to the dead ones");
        metrics::counter!("messaging_dead_total", "consumer" => self.consumer.name).increment(1);
        self.line.ask(delivery.reject(BasicRejectOptions { requeue: false })).await.map(|_| ())
    }

    /// Deals with one delivery, however often the store has to be tried, and acknowledges it. Its subject.
    async fn deal(&self, (delivery, envelope): (Delivery, Envelope), subject: String) -> String {
        let mut pause = FIRST_PAUSE;
        while let Err(e) = self.consumers.deliver(self.consumer, &envelope).await {
            tracing::warn!(consumer = self.consumer.name, id = %envelope.id, error = %e, "a message waits for the store");
            let mut end = self.end.clone();
            let over = std::pin::pin!(end.wait_for(|end| *end));
            if self.rabbit.effects.within(pause, over).await.is_some() || self.line.is_broken() {
                // Not acknowledged: it comes again, here or elsewhere.
                return subject;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        metrics::counter!("messaging_client_consumed_messages_total", "messaging_consumer_group_name" => self.consumer.name)
            .increment(1);
        if let Err(e) = self.line.ask(delivery.ack(BasicAckOptions::default())).await {
            tracing::info!(consumer = self.consumer.name, id = %envelope.id, error = %e, "not acknowledged; it comes again and has no second effect");
        }
        subject
    }
}
