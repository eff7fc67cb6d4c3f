//! The broker as it really behaves: it is restarted, cut off, silent, without takers. Nothing is lost, nothing happens
//! twice, and every fault is seen to have fired.

use super::messages::{Sold, counted, run, sell, service};
use async_trait::async_trait;
use hanse_database::Tx;
use hanse_database::sql::Sql;
use hanse_kernel::Secret;
use hanse_messaging::{Handle, HandlerError, RabbitSettings, Received};
use hanse_testkit::private_rabbitmq::{self, PrivateRabbitMq};
use hanse_testkit::proxy::{FaultProxy, Line};
use hanse_testkit::{Carrier, Engine, TestHost, broker_url};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

const MANY: i64 = 200;

pub(super) fn settings(url: &str) -> RabbitSettings {
    let prefix = format!("test-{}", hanse_testkit::effects().ids.uuid().simple());
    RabbitSettings {
        // A silent broker is given up soon, so that the story stays short.
        patience: Duration::from_secs(2),
        expires: Some(Duration::from_secs(60)),
        ..RabbitSettings::new(Secret::from(url.to_string()), &prefix)
    }
}

/// The broker at the end of a line that the test may spoil.
pub(super) async fn behind_a_proxy() -> (FaultProxy, RabbitSettings) {
    let url = broker_url();
    let (login, rest) = url.rsplit_once('@').expect("a login");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let target: SocketAddr = host.parse().expect("host and port");
    let proxy = FaultProxy::to(target).await;
    let url = format!("{login}@{}/{path}", proxy.address());
    (proxy, settings(&url))
}

async fn sell_many(shop: &TestHost, till: &hanse_runtime::Host, from: i64) {
    for number in from..from + MANY {
        sell(shop, till, if number % 2 == 0 { "MUG" } else { "CUP" }, number, number / 2 + 1).await;
    }
}

/// Each exactly once, and of each thing in the order in which it was sold.
fn all_once(counted: &[(String, i64)], upto: i64) {
    for (sku, parity) in [("MUG", 0), ("CUP", 1)] {
        let numbers: Vec<i64> = counted.iter().filter(|c| c.0 == sku).map(|c| c.1).collect();
        let sold: Vec<i64> = (0..upto).filter(|n| n % 2 == parity).collect();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, sold, "{sku}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_and_started_again_loses_nothing() {
    let start = || private_rabbitmq::start().expect("a broker");
    let broker = tokio::task::spawn_blocking(start).await.expect("started");
    let shop = TestHost::with_broker(Engine::Sqlite, settings(broker.url()));
    let (till, books) = (service(&shop, "till", false).await, service(&shop, "books", true).await);
    sell_many(&shop, &till, 0).await;
    shop.until("the first are counted", async || !counted(&books).await.is_empty()).await;
    // In the midst of publishing and taking: once in good order, once not. (Killed within half a second of a queue's
    // making the broker would have forgotten the queue itself.)
    let stop = |broker: &mut PrivateRabbitMq| broker.stop().expect("stopped");
    let broker = restarted(broker, stop, sell_many(&shop, &till, MANY)).await;
    let more = counted(&books).await.len();
    sell_many(&shop, &till, 2 * MANY).await;
    shop.until("some more are counted", async || counted(&books).await.len() > more).await;
    let kill = |broker: &mut PrivateRabbitMq| broker.kill().expect("killed");
    let _broker = restarted(broker, kill, sell_many(&shop, &till, 3 * MANY)).await;
    shop.settle().await;
    all_once(&counted(&books).await, 4 * MANY);
    let published = shop.published().len() as i64;
    assert!(published > 4 * MANY, "the faults never fired: {published} publishings of {}", 4 * MANY);
}

/// Ends the broker and starts it again, while something else goes on.
async fn restarted(
    mut broker: PrivateRabbitMq,
    end: impl FnOnce(&mut PrivateRabbitMq) + Send + 'static,
    meanwhile: impl Future<Output = ()>,
) -> PrivateRabbitMq {
    let again = tokio::task::spawn_blocking(move || {
        end(&mut broker);
        broker.start_again().expect("started again");
        broker
    });
    meanwhile.await;
    again.await.expect("restarted")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_cut_in_the_midst_is_made_anew() {
    let (proxy, settings) = behind_a_proxy().await;
    let shop = TestHost::with_broker(Engine::Postgres, settings);
    let (till, books) = (service(&shop, "till", false).await, service(&shop, "books", true).await);
    for round in 0..3 {
        sell_many(&shop, &till, round * MANY).await;
        proxy.set(Line::Cut);
        shop.until("the cut is felt", async || proxy.faults() as i64 > 2 * round).await;
        proxy.set(Line::Clear);
    }
    shop.settle().await;
    all_once(&counted(&books).await, 3 * MANY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_falls_silent_is_given_up_and_reached_again() {
    let (proxy, settings) = behind_a_proxy().await;
    let shop = TestHost::with_broker(Engine::Sqlite, settings);
    let (till, books) = (service(&shop, "till", false).await, service(&shop, "books", true).await);
    sell_many(&shop, &till, 0).await;
    shop.settle().await;
    proxy.set(Line::HalfOpen);
    sell_many(&shop, &till, MANY).await;
    shop.until("something is held back", async || proxy.faults() > 0).await;
    // What was held back comes after all, late and perhaps twice.
    proxy.set(Line::Clear);
    shop.settle().await;
    all_once(&counted(&books).await, 2 * MANY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_line_only_costs_time() {
    let (proxy, settings) = behind_a_proxy().await;
    let shop = TestHost::with_broker(Engine::Sqlite, settings);
    proxy.set(Line::Slow(Duration::from_millis(5)));
    let (till, books) = (service(&shop, "till", false).await, service(&shop, "books", true).await);
    sell_many(&shop, &till, 0).await;
    shop.settle().await;
    all_once(&counted(&books).await, MANY);
    assert!(proxy.faults() > 0, "nothing was slowed down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_while_nobody_listens_waits_for_whoever_takes_it() {
    let shop = TestHost::on(Engine::Sqlite, Carrier::RabbitMq, hanse_testkit::effects());
    let till = service(&shop, "till", false).await;
    // Events without a taker are published all the same: they end among the unrouted.
    sell(&shop, &till, "MUG", 0, 1).await;
    shop.settle().await;
    let books = service(&shop, "books", true).await;
    sell(&shop, &till, "MUG", 2, 2).await;
    shop.settle().await;
    assert_eq!(counted(&books).await, [("MUG".to_string(), 2)]);
    // A command to somebody who is not there is none.
    let stray = shop.try_send("till", "MUG", "cellar.Fetch.v1", &Sold { sku: "MUG".into(), number: 1 }).await;
    let told = stray.expect_err("it comes back").to_string();
    assert!(told.contains("nobody takes cellar.Fetch.v1"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_goes_to_the_dead_ones_and_the_queue_goes_on() {
    let settings = settings(&broker_url());
    let prefix = settings.prefix.clone();
    let shop = TestHost::with_broker(Engine::Sqlite, settings);
    let (till, books) = (service(&shop, "till", false).await, service(&shop, "books", true).await);
    sell(&shop, &till, "MUG", 0, 1).await;
    shop.settle().await;
    // Somebody puts into the queue by hand what no service would.
    let stranger = lapin::Connection::connect(&broker_url(), Default::default()).await.expect("connected");
    let channel = stranger.create_channel().await.expect("a channel");
    let queue = format!("{prefix}.books.count");
    for rubbish in [&b"{\"no\": \"message\"}"[..], &[0xff, 0xfe]] {
        let (options, properties) = (Default::default(), Default::default());
        let sent =
            channel.basic_publish("".into(), queue.as_str().into(), options, rubbish, properties).await;
        sent.expect("sent").await.expect("taken");
    }
    sell(&shop, &till, "MUG", 2, 2).await;
    shop.settle().await;
    assert_eq!(counted(&books).await, [("MUG".to_string(), 0), ("MUG".to_string(), 2)]);
    let dead = format!("{prefix}.dead");
    shop.until("both are among the dead", async || {
        let passive = lapin::options::QueueDeclareOptions { passive: true, ..Default::default() };
        let found = channel.queue_declare(dead.as_str().into(), passive, Default::default()).await;
        found.expect("the queue of the dead").message_count() == 2
    })
    .await;
}

/// Before a shop is moved. What cannot be counted is no reason to believe that there is nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_at_the_broker_is_counted_and_what_cannot_be_is_told() {
    let settings = settings(&broker_url());
    let (prefix, effects) = (settings.prefix.clone(), hanse_testkit::effects());
    let waiting =
        async || hanse_messaging::rabbit::waiting(&settings, &["books.count", "books.file"], &effects).await;
    assert_eq!(waiting().await.expect("counted"), [], "none of the queues is there");
    let stranger = lapin::Connection::connect(&broker_url(), Default::default()).await.expect("connected");
    let channel = stranger.create_channel().await.expect("a channel");
    let (full, ours) = (format!("{prefix}.books.file"), format!("{prefix}.books.count"));
    let declare = async |queue: &str, exclusive| {
        let options = lapin::options::QueueDeclareOptions { exclusive, ..Default::default() };
        channel.queue_declare(queue.into(), options, Default::default()).await.expect("declared")
    };
    declare(&full, false).await;
    let (options, properties) = (Default::default(), Default::default());
    let sent = channel.basic_publish("".into(), full.as_str().into(), options, b"a sale", properties).await;
    sent.expect("sent").await.expect("taken");
    let counted = async || waiting().await.is_ok_and(|found| found == [(full.clone(), 1)]);
    let shop = TestHost::on(Engine::Sqlite, Carrier::InProcess, hanse_testkit::effects());
    shop.until("it is counted, behind a queue that is not there", counted).await;
    // A queue that is another's alone is there, and nobody else may look into it.
    declare(&ours, true).await;
    let refused = waiting().await.expect_err("not counted").to_string();
    assert!(refused.contains("RESOURCE_LOCKED") || refused.contains("405"), "{refused}");
    channel.queue_delete(full.as_str().into(), Default::default()).await.expect("cleared away");
}

/// Something long that somebody wrote.
#[derive(Debug, Serialize, Deserialize)]
struct Letter {
    text: String,
}
hanse_envelope::messages! { Letter = "till.Letter.v1"; }

struct File;

#[async_trait]
impl Handle<Letter> for File {
    async fn handle(&self, tx: &mut Tx, letter: &Received<Letter>) -> Result<(), HandlerError> {
        let row = "insert into counted (sku, number) values ($1, $2)";
        tx.execute(row, &[&letter.message.text, &1_i64]).await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_larger_than_a_frame_arrives_whole() {
    let shop = TestHost::on(Engine::Sqlite, Carrier::RabbitMq, hanse_testkit::effects());
    let books = run(&shop, "books", |empty| empty.on::<Letter>("books.file", File)).await;
    // No part of it looks like another, so that none can be lost or change places unseen.
    let text: String = (0..35_000).map(|n| format!("{n:05} ")).collect();
    assert!(text.len() > 200 * 1024, "{} bytes are not many", text.len());
    shop.send("till", "MUG", &Letter { text: text.clone() }).await;
    let filed = counted(&books).await;
    assert!(filed == [(text, 1)], "{} arrived", filed.len());
}
