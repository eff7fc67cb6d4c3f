//! Somebody between the exchanges and the queues: every message passes through here, and goes on twice and out of order.
//! It is done at the broker itself, so services know nothing of it.

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use hanse_journeys::until;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties, Consumer};
use rand::seq::SliceRandom;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// So many messages are held back to be mixed,
const HAND: usize = 8;
/// for no longer than this after the last one came.
const HOLD: Duration = Duration::from_millis(60);

/// What was done to the messages of one consumer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tricks {
    pub doubled: u64,
    /// Messages that went on after one that had come later.
    pub reordered: u64,
}

pub struct Trickster {
    tricks: Arc<Mutex<BTreeMap<String, Tricks>>>,
    _connection: Connection,
    hands: JoinSet<Result<()>>,
}

impl Trickster {
    /// Steps in between, for these (type, consumer) of the shop with this prefix at the broker.
    pub async fn step_in(url: &str, prefix: &str, flows: &[(String, String)]) -> Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let tricks = Arc::new(Mutex::new(BTreeMap::new()));
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
            channel.basic_qos(u16::try_from(HAND)?, BasicQosOptions::default()).await?;
            let incoming = channel
                .basic_consume(mine, "trick".into(), BasicConsumeOptions::default(), FieldTable::default())
                .await?;
            hands.spawn(play(incoming, channel, queue, consumer.clone(), tricks.clone()));
        }
        Ok(Self { tricks, _connection: connection, hands })
    }

    pub fn tricks(&self) -> BTreeMap<String, Tricks> {
        self.tricks.lock().unwrap_or_else(|e| e.into_inner()).clone()
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

async fn play(
    mut incoming: Consumer,
    channel: Channel,
    queue: ShortString,
    consumer: String,
    tricks: Arc<Mutex<BTreeMap<String, Tricks>>>,
) -> Result<()> {
    loop {
        let mut hand: Vec<(usize, Delivery)> = vec![];
        while hand.len() < HAND {
            let next = if hand.is_empty() {
                incoming.next().await
            } else {
                match tokio::time::timeout(HOLD, incoming.next()).await {
                    Ok(next) => next,
                    Err(_) => break,
                }
            };
            let Some(delivery) = next else { return Ok(()) };
            hand.push((hand.len(), delivery?));
        }
        // Each of them twice, in any order.
        let mut deck: Vec<usize> = (0..hand.len()).chain(0..hand.len()).collect();
        deck.shuffle(&mut rand::rng());
        for card in &deck {
            let (_, delivery) = &hand[*card];
            let confirm = channel
                .basic_publish(
                    "".into(),
                    queue.clone(),
                    BasicPublishOptions { mandatory: true, ..Default::default() },
                    &delivery.data,
                    delivery.properties.clone(),
                )
                .await?
                .await?;
            ensure!(confirm.is_ack(), "{queue} takes no more");
        }
        for (_, delivery) in &hand {
            delivery.ack(BasicAckOptions::default()).await?;
        }
        let firsts = (0..hand.len()).filter_map(|card| deck.iter().position(|c| *c == card));
        let firsts: Vec<usize> = firsts.collect();
        let late = (1..firsts.len()).filter(|i| firsts[*i] < firsts[i - 1]).count();
        let mut tricks = tricks.lock().unwrap_or_else(|e| e.into_inner());
        let mine = tricks.entry(consumer.clone()).or_default();
        mine.doubled += u64::try_from(hand.len())?;
        mine.reordered += u64::try_from(late)?;
    }
}
