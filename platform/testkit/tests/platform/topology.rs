//! What the shop's queues and exchanges are, by the broker's own word: it refuses whoever declares one of them otherwise.

use super::broker::settings;
use super::messages::service;
use hanse_messaging::RabbitSettings;
use hanse_testkit::{Engine, TestHost, broker_url};
use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ExchangeKind};
use std::collections::BTreeMap;

type Arguments = BTreeMap<&'static str, AMQPValue>;

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

/// What every queue of these tests has: replicated and on disk, and gone some time after the test.
fn quorum(settings: &RabbitSettings, more: &[(&'static str, AMQPValue)]) -> Arguments {
    let expires = settings.expires.expect("queues of tests expire").as_millis();
    let millis = AMQPValue::LongLongInt(i64::try_from(expires).expect("a minute"));
    let mut all = Arguments::from([("x-queue-type", text("quorum")), ("x-expires", millis)]);
    all.extend(more.iter().cloned());
    all
}

fn table(arguments: &Arguments) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert((*name).into(), value.clone());
    }
    table
}

/// Whether the broker says that the queue is this one. A refusal ends the channel, so each has its own.
async fn is_queue(broker: &Connection, name: &str, arguments: &Arguments) -> bool {
    let channel = broker.create_channel().await.expect("a channel");
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    agrees(channel.queue_declare(name.into(), durable, table(arguments)).await)
}

async fn is_exchange(broker: &Connection, name: &str, kind: ExchangeKind, arguments: &Arguments) -> bool {
    let channel = broker.create_channel().await.expect("a channel");
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    agrees(channel.exchange_declare(name.into(), kind, durable, table(arguments)).await)
}

/// A no is 406 PRECONDITION_FAILED; anything else would say nothing.
fn agrees<T>(answer: lapin::Result<T>) -> bool {
    match answer {
        Ok(_) => true,
        Err(error) => match error.kind() {
            lapin::ErrorKind::ProtocolError(refusal) if refusal.get_id() == 406 => false,
            _ => panic!("the broker says neither yes nor no: {error}"),
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queues_are_replicated_and_their_dead_and_unrouted_messages_have_a_place() {
    let settings = settings(&broker_url());
    let shop = TestHost::with_broker(Engine::Sqlite, settings.clone());
    let _books = service(&shop, "books", true).await;
    let broker = Connection::connect(&broker_url(), Default::default()).await.expect("connected");
    let name = |part: &str| format!("{}.{part}", settings.prefix);
    let number = AMQPValue::LongLongInt;
    let whole = ("x-overflow", text("reject-publish"));
    let consumed = [
        // What ends its process so often is dead, and leaves the queue only when the dead ones have it.
        ("x-delivery-limit", number(20)),
        ("x-dead-letter-exchange", text(&name("dead"))),
        ("x-dead-letter-strategy", text("at-least-once")),
        whole.clone(),
    ];
    let queues = [
        ("books.count", quorum(&settings, &consumed)),
        ("dead", quorum(&settings, &[whole, ("x-delivery-limit", number(1_000_000_000))])),
        ("unrouted", quorum(&settings, &[("x-max-length", number(10_000))])),
    ];
    shop.until("the queue is there", async || {
        let channel = broker.create_channel().await.expect("a channel");
        let look = QueueDeclareOptions { passive: true, ..Default::default() };
        channel.queue_declare(name("books.count").into(), look, FieldTable::default()).await.is_ok()
    })
    .await;
    for (queue, arguments) in &queues {
        let queue = name(queue);
        assert!(is_queue(&broker, &queue, arguments).await, "{queue} is not {arguments:?}");
        for missing in arguments.keys() {
            let mut other = arguments.clone();
            other.remove(missing);
            assert!(!is_queue(&broker, &queue, &other).await, "{queue} is also there without {missing}");
        }
    }
    let kept = Arguments::from([("alternate-exchange", text(&name("unrouted")))]);
    let exchanges = [
        ("events", ExchangeKind::Topic, kept.clone()),
        ("commands", ExchangeKind::Direct, Arguments::new()),
        ("dead", ExchangeKind::Fanout, Arguments::new()),
        ("unrouted", ExchangeKind::Fanout, Arguments::new()),
    ];
    for (exchange, kind, arguments) in exchanges {
        let exchange = name(exchange);
        assert!(
            is_exchange(&broker, &exchange, kind.clone(), &arguments).await,
            "{exchange} is not {kind:?}"
        );
        let other = if arguments.is_empty() { kept.clone() } else { Arguments::new() };
        assert!(!is_exchange(&broker, &exchange, kind, &other).await, "{exchange} is also there otherwise");
    }
    broker.close(200, "done".into()).await.expect("closed");
}
