//! What a shop has at the broker: an exchange each for events and commands, a queue per consumer, and the two where
//! messages end that nobody takes or that nobody survives.

use super::link::{Line, LineError};
use super::{Rabbit, RabbitSettings};
use crate::version::family;
use lapin::ExchangeKind;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use std::sync::atomic::Ordering;

/// A message that comes back so often without having been dealt with ends its process each time: it goes to the dead ones.
const DELIVERIES: i64 = 20;
/// Being looked at counts as coming back, too: the dead ones are never given up for it. (Newer brokers have a limit of
/// their own where none is told.)
const LOOKED_AT: i64 = 1_000_000_000;
/// Events without any subscriber are kept for a look, at most so many.
const UNROUTED: i64 = 10_000;

/// What one consumer takes. Its queue has the consumer's name, which never changes once released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    pub consumer: &'static str,
    pub kind: &'static str,
    /// Its own service's name comes first in the type: a command to it (or what it tells itself).
    pub command: bool,
}

impl Flow {
    /// The first part of a type is the addressee of a command or the producer of an event.
    pub fn new(service: &str, consumer: &'static str, kind: &'static str) -> Self {
        let command = kind.split('.').next() == Some(service);
        Self { consumer, kind, command }
    }
}

/// The names of it all, with the shop's prefix.
pub(super) struct Names {
    pub(super) events: String,
    pub(super) commands: String,
    pub(super) unrouted: String,
    pub(super) dead: String,
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        let name = |part: &str| format!("{prefix}.{part}");
        Self {
            events: name("events"),
            commands: name("commands"),
            unrouted: name("unrouted"),
            dead: name("dead"),
            prefix: prefix.into(),
        }
    }

    pub(super) fn queue(&self, consumer: &str) -> String {
        format!("{}.{consumer}", self.prefix)
    }

    /// Whose queue it is.
    pub(super) fn consumer<'a>(&self, queue: &'a str) -> Option<&'a str> {
        queue.strip_prefix(&self.prefix)?.strip_prefix('.')
    }
}

/// Declares what is not known to be there yet on this line. Declaring again changes nothing.
pub(super) async fn declare(rabbit: &Rabbit, line: &Line) -> Result<(), LineError> {
    // Asked before every message, and hardly ever anything new. (One more than there are flows: the exchanges.)
    if line.made.load(Ordering::Acquire) > rabbit.known.load(Ordering::Acquire) {
        return Ok(());
    }
    let flows = rabbit.flows();
    let mut declared = line.declared.lock().await;
    if declared.is_none() {
        exchanges(rabbit, line).await?;
    }
    for flow in flows.iter().skip(declared.unwrap_or(0)) {
        queue(rabbit, line, flow).await?;
    }
    *declared = Some(flows.len());
    line.made.store(flows.len() + 1, Ordering::Release);
    Ok(())
}

async fn exchanges(rabbit: &Rabbit, line: &Line) -> Result<(), LineError> {
    let names = &rabbit.names;
    // The ends first, since the others name them.
    for end in [&names.unrouted, &names.dead] {
        exchange(line, end, ExchangeKind::Fanout, FieldTable::default()).await?;
    }
    let mut bounded = durable(&rabbit.settings);
    bounded.insert("x-max-length".into(), AMQPValue::LongLongInt(UNROUTED));
    let mut dead = durable(&rabbit.settings);
    // Never dropped from the head: what is dead has to be looked at.
    dead.insert("x-overflow".into(), text("reject-publish"));
    dead.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(LOOKED_AT));
    for (name, arguments) in [(&names.unrouted, bounded), (&names.dead, dead)] {
        declare_queue(line, name, arguments).await?;
        bind(line, name, name, "").await?;
    }
    let mut alternate = FieldTable::default();
    alternate.insert("alternate-exchange".into(), text(&names.unrouted));
    exchange(line, &names.events, ExchangeKind::Topic, alternate).await?;
    // No alternate: a command that nobody takes comes back and counts as not published.
    exchange(line, &names.commands, ExchangeKind::Direct, FieldTable::default()).await
}

async fn queue(rabbit: &Rabbit, line: &Line, flow: &Flow) -> Result<(), LineError> {
    let names = &rabbit.names;
    let mut arguments = durable(&rabbit.settings);
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERIES));
    arguments.insert("x-dead-letter-exchange".into(), text(&names.dead));
    // A dead message leaves its queue only when the dead ones have it.
    arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    let name = names.queue(flow.consumer);
    declare_queue(line, &name, arguments).await?;
    // Every version of the type: what the consumer does not know is parked with it instead of being lost unseen.
    if flow.command {
        bind(line, &name, &names.commands, family(flow.kind)).await?;
    }
    bind(line, &name, &names.events, &format!("{}.*", family(flow.kind))).await
}

/// How many are dead.
pub(super) async fn dead(rabbit: &Rabbit, line: &Line) -> Result<u32, LineError> {
    declare(rabbit, line).await?;
    let options = QueueDeclareOptions { passive: true, ..Default::default() };
    let name = ShortString::from(rabbit.names.dead.as_str());
    line.ask(line.channel.queue_declare(name, options, FieldTable::default()))
        .await
        .map(|q| q.message_count())
}

/// Replicated where the broker is a cluster, and on disk before a publish is confirmed.
fn durable(settings: &RabbitSettings) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    if let Some(expires) = settings.expires {
        let millis = i64::try_from(expires.as_millis()).unwrap_or(i64::MAX);
        arguments.insert("x-expires".into(), AMQPValue::LongLongInt(millis));
    }
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

async fn exchange(
    line: &Line,
    name: &str,
    kind: ExchangeKind,
    arguments: FieldTable,
) -> Result<(), LineError> {
    let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
    line.ask(line.channel.exchange_declare(ShortString::from(name), kind, options, arguments)).await
}

async fn declare_queue(line: &Line, name: &str, arguments: FieldTable) -> Result<(), LineError> {
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    line.ask(line.channel.queue_declare(ShortString::from(name), options, arguments)).await.map(|_| ())
}

async fn bind(line: &Line, queue: &str, exchange: &str, key: &str) -> Result<(), LineError> {
    let (queue, exchange, key) =
        (ShortString::from(queue), ShortString::from(exchange), ShortString::from(key));
    let options = QueueBindOptions::default();
    line.ask(line.channel.queue_bind(queue, exchange, key, options, FieldTable::default())).await
}

#[cfg(test)]
mod tests {
    use super::{Flow, Names};

    #[test]
    fn a_command_is_told_by_its_addressee() {
        assert!(Flow::new("payment", "payment.capture", "payment.Capture.v1").command);
        assert!(!Flow::new("payment", "payment.activate", "order.OrderPlaced.v1").command);
    }

    #[test]
    fn a_queue_has_its_consumers_name() {
        let names = Names::new("shop");
        assert_eq!(names.consumer(&names.queue("books.count")), Some("books.count"));
        assert_eq!(names.consumer("shopping.books.count"), None);
    }
}
