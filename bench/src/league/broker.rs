//! The broker as a service uses it: commands and events in envelopes, sent and listened to from outside.

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, Consumer};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(60);
const PERSISTENT: u8 = 2;

/// A connection to the exchanges of one shop, which is told from others by its prefix.
pub struct Broker {
    connection: Connection,
    channel: Channel,
    prefix: String,
}

/// As little of a message as is needed: what the generator spends on reading, the league cannot use.
#[derive(Deserialize)]
struct Letter {
    subject: String,
    data: Outcome,
}

#[derive(Debug, Deserialize)]
pub struct Outcome {
    pub outcome: String,
    pub reason: Option<String>,
}

/// Everything that is told under one type, from now on.
pub struct Told {
    consumer: Consumer,
    // Dropped, it would close, and the consumer with it.
    _channel: Channel,
}

impl Broker {
    pub async fn connect(url: &str, prefix: &str) -> Result<Self> {
        let options = ConnectionProperties::default().with_connection_name("hanse bench".into());
        let connection = Connection::connect(url, options).await.context("no way to the broker")?;
        let channel = connection.create_channel().await?;
        Ok(Self { connection, channel, prefix: prefix.into() })
    }

    /// A command to the service that its type names.
    pub async fn command(&self, kind: &str, subject: &str, data: &Value) -> Result<()> {
        let body = envelope(kind, subject, "/services/bench", data).to_string();
        let exchange = format!("{}.commands", self.prefix);
        // Queues take every version of a type.
        let key = kind.rsplit_once(".v").map_or(kind, |(family, _)| family);
        let (exchange, key) = (ShortString::from(exchange.as_str()), ShortString::from(key));
        let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
        let options = BasicPublishOptions::default();
        self.channel.basic_publish(exchange, key, options, body.as_bytes(), properties).await?;
        Ok(())
    }

    /// Through a quorum queue, as every consumer's is.
    pub async fn listen(&self, kind: &str) -> Result<Told> {
        let channel = self.connection.create_channel().await?;
        let queue = ShortString::from(format!("{}.bench", self.prefix).as_str());
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        channel.queue_declare(queue.clone(), durable, arguments).await?;
        let exchange = ShortString::from(format!("{}.events", self.prefix).as_str());
        let bind = QueueBindOptions::default();
        channel
            .queue_bind(queue.clone(), exchange, ShortString::from(kind), bind, FieldTable::default())
            .await?;
        let taking = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let consumer = channel.basic_consume(queue, "bench".into(), taking, FieldTable::default()).await?;
        Ok(Told { consumer, _channel: channel })
    }
}

impl Told {
    /// What the next message is about, and what it tells.
    pub async fn next(&mut self) -> Result<(String, Outcome)> {
        let Ok(next) = tokio::time::timeout(PATIENCE, self.consumer.next()).await else {
            bail!("nothing was told for {} s", PATIENCE.as_secs());
        };
        let delivery = next.context("the broker ended the consumer")??;
        let read: Letter = serde_json::from_slice(&delivery.data).context("a message of another form")?;
        Ok((read.subject, read.data))
    }
}

pub fn envelope(kind: &str, subject: &str, source: &str, data: &Value) -> Value {
    json!({
        "specversion": "1.0",
        "id": Uuid::now_v7(),
        "source": source,
        "type": kind,
        "subject": subject,
        "time": "2026-01-01T00:00:00Z",
        "correlationid": "bench",
        "datacontenttype": "application/json",
        "data": data,
    })
}
