//! Taking messages from the queues of one service and acknowledging each when it has been dealt with.

use super::Rabbit;
use super::lanes::Lanes;
use super::link::{Line, LineError};
use super::topology::declare;
use crate::consumer::{Consumer, Consumers};
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
        let prefetch = self.rabbit.settings.prefetch;
        self.line.ask(channel.basic_qos(prefetch, BasicQosOptions::default())).await?;
        let queue = self.rabbit.names.queue(self.consumer.name);
        let (queue, tag) = (ShortString::from(queue.as_str()), ShortString::from(self.consumer.name));
        let options = BasicConsumeOptions::default();
        let asked = channel.basic_consume(queue, tag.clone(), options, FieldTable::default());
        let mut deliveries = self.line.ask(asked).await?;

        let mut end = self.end.clone();
        let mut ended = std::pin::pin!(async move { end.wait_for(|end| *end).await.is_ok() }.fuse());
        let mut lost = std::pin::pin!(self.line.lost().fuse());
        let (mut lanes, mut running) = (Lanes::default(), FuturesUnordered::new());
        let mut open = true;
        while open || !running.is_empty() {
            tokio::select! {
                biased;
                () = &mut lost => return Ok(()),
                // What has been delivered before is still dealt with: nothing is given back that could be done.
                _ = &mut ended => self.cancel(&channel, tag.clone()).await?,
                Some(subject) = running.next(), if !running.is_empty() => {
                    let subject: String = subject;
                    if let Some(next) = lanes.done(&subject) {
                        running.push(self.deal(next, subject));
                    }
                }
                delivery = deliveries.next(), if open => match delivery {
                    Some(Ok(delivery)) => {
                        if let Some((subject, now)) = self.sort(&mut lanes, delivery).await? {
                            running.push(self.deal(now, subject));
                        }
                    }
                    Some(Err(e)) => return Err(LineError(e.to_string())),
                    None => open = false,
                },
            }
        }
        if *self.end.borrow() { Ok(()) } else { Err(LineError("the broker ended the consumer".into())) }
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
            Ok(envelope) if envelope.kind == self.consumer.kind => {
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
        metrics::counter!("messaging_consumed_total", "consumer" => self.consumer.name).increment(1);
        if let Err(e) = self.line.ask(delivery.ack(BasicAckOptions::default())).await {
            tracing::info!(consumer = self.consumer.name, id = %envelope.id, error = %e, "not acknowledged; it comes again and has no second effect");
        }
        subject
    }
}
