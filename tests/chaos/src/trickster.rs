//! Somebody between the exchanges and the queues: every message passes through here, and goes on twice, each time after a pause
//! of its own, so that messages of one type and of several overtake each other. It is done at the broker itself, so services
//! know nothing of it.

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use hanse_journeys::until;
use hanse_kernel::Timestamp;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties, Consumer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::task::JoinSet;

/// So many messages of a consumer are held back at once.
const HELD: u16 = 64;
/// One of a message's two copies goes on within this,
const SOON: Duration = Duration::from_millis(150);
/// the other one within this: what comes of the first has often been told by then.
const LATE: Duration = Duration::from_millis(1200);

/// What was done to the messages of one consumer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tricks {
    pub doubled: u64,
    /// Copies that went on after one of a message that had come later.
    pub reordered: u64,
}

#[derive(Default)]
struct Played {
    tricks: BTreeMap<String, Tricks>,
    /// The latest that has gone on, by service and order (or whatever else it is about), and by type.
    latest: BTreeMap<(String, String), BTreeMap<String, Timestamp>>,
    /// Copies that went on after a message of another type that was told of the same thing later, by service.
    overtaken: BTreeMap<String, u64>,
}

impl Played {
    fn deals(&mut self, consumer: &str, message: &Value) -> Result<()> {
        let text = |key: &str| message[key].as_str().with_context(|| format!("a message without {key}"));
        let (service, _) = consumer.split_once('.').context("a consumer without its service")?;
        let at: Timestamp = text("time")?.parse().ok().context("a time that does not read")?;
        let about = message["data"]["order_id"].as_str().map_or_else(|| text("subject"), Ok)?;
        let of_it = self.latest.entry((service.to_string(), about.to_string())).or_default();
        if of_it.iter().any(|(kind, latest)| *kind != message["type"] && *latest > at) {
            *self.overtaken.entry(service.to_string()).or_default() += 1;
        }
        let latest = of_it.entry(text("type")?.to_string()).or_insert(at);
        *latest = at.max(*latest);
        Ok(())
    }
}

pub struct Trickster {
    played: Arc<Mutex<Played>>,
    _connection: Connection,
    hands: JoinSet<Result<()>>,
}

impl Trickster {
    /// Steps in between, for these (type, consumer) of the shop with this prefix at the broker.
    pub async fn step_in(url: &str, prefix: &str, flows: &[(String, String)]) -> Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let played = Arc::new(Mutex::new(Played::default()));
        let mut hands = JoinSet::new();
        for (kind, consumer) in flows {
            let channel = connection.create_channel().await?;
            let queue = ShortString::from(format!("{prefix}.{consumer}"));
            let mine = ShortString::from(format!("{prefix}.trick.{consumer}"));
            let options = QueueDeclareOptions::default();
            channel.queue_declare(mine.clone(), options, FieldTable::default()).await?;
            // A queue is bound to every version of its type.
            let family = kind.rsplit_once('.').map_or(kind.as_str(), |(family, _)| family);
            for (exchange, key) in [("events", format!("{family}.*")), ("commands", family.to_string())] {
                let exchange = ShortString::from(format!("{prefix}.{exchange}"));
                let (key, no) = (ShortString::from(key), FieldTable::default);
                let bind = QueueBindOptions::default();
                channel.queue_bind(mine.clone(), exchange.clone(), key.clone(), bind, no()).await?;
                channel.queue_unbind(queue.clone(), exchange, key, no()).await?;
            }
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            channel.basic_qos(HELD, BasicQosOptions::default()).await?;
            let incoming = channel
                .basic_consume(mine, "trick".into(), BasicConsumeOptions::default(), FieldTable::default())
                .await?;
            let hand = Hand { channel, queue, consumer: consumer.clone(), played: played.clone() };
            hands.spawn(hand.play(incoming));
        }
        Ok(Self { played, _connection: connection, hands })
    }

    pub fn tricks(&self) -> BTreeMap<String, Tricks> {
        known(&self.played).tricks.clone()
    }

    /// How often a message went on to a service after one of another type that was told of the same thing later.
    pub fn overtaken(&self, service: &str) -> u64 {
        known(&self.played).overtaken.get(service).copied().unwrap_or_default()
    }

    /// Waits until each of these consumers had a message doubled.
    pub async fn has_doubled(&mut self, consumers: &[&str]) -> Result<()> {
        // Whose hand has failed, nothing has passed through since.
        while let Some(ended) = self.hands.try_join_next() {
            ended??;
        }
        let mut missing = vec![];
        let waited = until("every kind of message to have come twice", async || {
            let tricks = self.tricks();
            let seen = |consumer: &&str| tricks.get(*consumer).is_some_and(|t| t.doubled > 0);
            missing = consumers.iter().copied().filter(|c| !seen(c)).collect();
            Ok(Some(()).filter(|()| missing.is_empty()))
        })
        .await;
        waited.with_context(|| format!("nothing came to {missing:?}"))
    }
}

fn known(played: &Mutex<Played>) -> MutexGuard<'_, Played> {
    played.lock().unwrap_or_else(|e| e.into_inner())
}

/// What holds back the messages of one consumer.
#[derive(Clone)]
struct Hand {
    channel: Channel,
    queue: ShortString,
    consumer: String,
    played: Arc<Mutex<Played>>,
}

impl Hand {
    async fn play(self, mut incoming: Consumer) -> Result<()> {
        let (mut held, latest) = (JoinSet::new(), Arc::new(Mutex::new(0)));
        for number in 0_u64.. {
            let next = loop {
                tokio::select! { biased;
                    Some(dealt) = held.join_next() => dealt??,
                    next = incoming.next() => break next,
                }
            };
            let Some(delivery) = next else { break };
            held.spawn(self.clone().pass_on(number, delivery?, latest.clone()));
        }
        Ok(())
    }

    /// Both copies; the message is here until they are there.
    async fn pass_on(self, number: u64, delivery: Delivery, latest: Arc<Mutex<u64>>) -> Result<()> {
        let copies = [SOON, LATE].map(|longest| self.deal(number, &delivery, longest, &latest));
        futures::future::try_join_all(copies).await?;
        delivery.ack(BasicAckOptions::default()).await?;
        known(&self.played).tricks.entry(self.consumer).or_default().doubled += 1;
        Ok(())
    }

    async fn deal(
        &self,
        number: u64,
        delivery: &Delivery,
        longest: Duration,
        latest: &Mutex<u64>,
    ) -> Result<()> {
        tokio::time::sleep(rand::random_range(Duration::ZERO..longest)).await;
        let late = {
            let mut latest = latest.lock().unwrap_or_else(|e| e.into_inner());
            let late = number < *latest;
            *latest = number.max(*latest);
            late
        };
        {
            let mut played = known(&self.played);
            played.tricks.entry(self.consumer.clone()).or_default().reordered += u64::from(late);
            played.deals(&self.consumer, &serde_json::from_slice(&delivery.data)?)?;
        }
        let confirm = self
            .channel
            .basic_publish(
                "".into(),
                self.queue.clone(),
                BasicPublishOptions { mandatory: true, ..Default::default() },
                &delivery.data,
                delivery.properties.clone(),
            )
            .await?
            .await?;
        ensure!(confirm.is_ack(), "{} takes no more", self.queue);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_is_overtaken_by_a_later_one_of_another_type_about_the_same_thing() -> Result<()> {
        let mut played = Played::default();
        let told = |kind: &str, order: &str, second: u32| {
            let time = format!("2026-11-23T10:00:{second:02}Z");
            json!({"type": kind, "subject": "of its sender's", "time": time, "data": {"order_id": order}})
        };
        played.deals("order.stock_answer", &told("inventory.Updated", "a", 2))?;
        // Of the same type, about something else, later, or at another service: none of them was overtaken.
        played.deals("order.stock_answer", &told("inventory.Updated", "a", 1))?;
        played.deals("order.payment_answer", &told("payment.Processed", "b", 1))?;
        played.deals("order.payment_answer", &told("payment.Processed", "a", 3))?;
        played.deals("payment.capture", &told("payment.Capture", "a", 1))?;
        ensure!(played.overtaken.is_empty(), "{:?}", played.overtaken);
        played.deals("order.stock_answer", &told("inventory.Updated", "a", 2))?;
        ensure!(played.overtaken == BTreeMap::from([("order".to_string(), 1)]), "{:?}", played.overtaken);
        let changed = |kind: &str, second: u32| json!({"type": kind, "subject": "c", "time": format!("2026-11-23T10:00:{second:02}Z")});
        played.deals("product.one", &changed("pricing.A", 2))?;
        played.deals("product.two", &changed("pricing.B", 1))?;
        ensure!(played.overtaken.get("product") == Some(&1), "{:?}", played.overtaken);
        Ok(())
    }
}
