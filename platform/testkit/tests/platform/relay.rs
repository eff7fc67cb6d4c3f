//! The relay by itself: what it still does once it is to end, and in which order it publishes.

use super::messages::{Sold, sell};
use async_trait::async_trait;
use futures::future::BoxFuture;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError, Engine, Interlude, Moment};
use hanse_messaging::{Envelope, Message, Relay, Transport, TransportError};
use hanse_runtime::Host;
use hanse_testkit::TestHost;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Somebody at the till who sells one thing more each time that something is taken from them.
struct Counter {
    shop: Arc<TestHost>,
    till: Host,
    left: Mutex<Vec<&'static str>>,
    taken: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Counter {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError> {
        self.taken.lock().expect("not poisoned").push(envelope.subject.clone());
        let next = self.left.lock().expect("not poisoned").pop();
        if let Some(sku) = next {
            sell(&self.shop, &self.till, sku, 1, 1).await;
        }
        Ok(())
    }
}

async fn till(shop: &TestHost) -> Host {
    shop.host("till", hanse_http::idempotency::MIGRATIONS).await.sending(&[Sold::TYPE])
}

fn relay(host: &Host, transport: Arc<dyn Transport>) -> Relay {
    Relay::new(host.db.clone(), host.outbox.clone(), host.consumers(), transport, host.effects.clone())
}

async fn waiting(db: &Db) -> i64 {
    db.read((), |tx, ()| {
        Box::pin(async move {
            let sql = "select count(*) from outbox where published_at is null";
            Ok::<_, DbError>(tx.query_opt(sql, &[], |r| r.get(0)).await?.unwrap_or(0))
        })
    })
    .await
    .expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_while_the_relay_is_to_end_is_still_published() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let shop = Arc::new(TestHost::new(engine));
        let till = till(&shop).await;
        sell(&shop, &till, "MUG", 1, 1).await;
        let (left, taken) = (Mutex::new(vec!["JUG", "CUP"]), Mutex::default());
        let counter = Arc::new(Counter { shop: shop.clone(), till: till.clone(), left, taken });
        // It is to end from the beginning: all the same nothing is left behind.
        relay(&till, counter.clone()).run(async {}).await;
        assert_eq!(*counter.taken.lock().expect("not poisoned"), ["MUG", "CUP", "JUG"]);
        assert_eq!(waiting(&till.db).await, 0, "and all of it is marked");
    }
}

/// A broker that is away.
struct Away(Mutex<u32>);

#[async_trait]
impl Transport for Away {
    async fn publish(&self, _: &Envelope) -> Result<(), TransportError> {
        *self.0.lock().expect("not poisoned") += 1;
        Err(TransportError("nobody is there".into()))
    }
}

#[tokio::test]
async fn an_end_without_a_broker_leaves_what_waits_for_the_next_start() {
    let shop = TestHost::new(Engine::Sqlite);
    let till = till(&shop).await;
    sell(&shop, &till, "MUG", 1, 1).await;
    let away = Arc::new(Away(Mutex::new(0)));
    relay(&till, away.clone()).run(async {}).await;
    assert_eq!(*away.0.lock().expect("not poisoned"), 2, "tried once more, and no more often");
    assert_eq!(waiting(&till.db).await, 1);
}

/// A broker that is away for one thing a few times, and knows whatever it was given.
struct Moody {
    refuses: Mutex<u32>,
    taken: Mutex<Vec<(String, i64)>>,
}

#[async_trait]
impl Transport for Moody {
    async fn publish(&self, envelope: &Envelope) -> Result<(), TransportError> {
        let Sold { sku, number } = serde_json::from_str(envelope.data.get()).expect("something sold");
        let mut refuses = self.refuses.lock().expect("not poisoned");
        if sku == "CUP" && number == 40 && *refuses > 0 {
            *refuses -= 1;
            return Err(TransportError("not now".into()));
        }
        self.taken.lock().expect("not poisoned").push((sku, number));
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_behind_a_message_that_is_not_published_goes_after_it_and_all_of_it_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let shop = TestHost::new(engine);
        let till = till(&shop).await;
        // Several rounds of reading, and the one that is refused is in the first.
        for number in 1..=300 {
            sell(&shop, &till, "MUG", number, number).await;
            sell(&shop, &till, "CUP", number, number).await;
        }
        let moody = Arc::new(Moody { refuses: Mutex::new(3), taken: Mutex::default() });
        let stop = hanse_runtime::Stop::new();
        let running = relay(&till, moody.clone()).run(stop.asked());
        let settled = async {
            shop.until("all of it is published", async || waiting(&till.db).await == 0).await;
            stop.now();
        };
        futures::future::join(running, settled).await;
        let taken = moody.taken.lock().expect("not poisoned").clone();
        for sku in ["MUG", "CUP"] {
            let numbers: Vec<i64> = taken.iter().filter(|t| t.0 == sku).map(|t| t.1).collect();
            assert!(numbers.iter().copied().eq(1..=300), "{sku}: {numbers:?}");
        }
    }
}

/// Counts the looks into a store.
#[derive(Default)]
struct Looks(AtomicU32);

impl Interlude for Looks {
    fn at(&self, moment: Moment) -> BoxFuture<'static, Result<(), DbError>> {
        self.0.fetch_add(u32::from(moment == Moment::Reading), Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }
}

/// A broker that confirms nothing before it was looked for more.
struct Slow {
    looks: Arc<Looks>,
    before: u32,
}

#[async_trait]
impl Transport for Slow {
    async fn publish(&self, _: &Envelope) -> Result<(), TransportError> {
        let looked = async {
            while self.looks.0.load(Ordering::SeqCst) < self.before + 2 {
                tokio::task::yield_now().await;
            }
        };
        let confirmed = hanse_testkit::effects().within(Duration::from_secs(10), looked).await;
        confirmed.ok_or_else(|| TransportError("nobody looked for more meanwhile".into()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_messages_are_read_while_the_broker_confirms_those_before() {
    let shop = TestHost::new(Engine::Sqlite);
    let looks = Arc::new(Looks::default());
    let db = Db::open_inline(&hanse_runtime::platform_migrations(), looks.clone()).expect("a store");
    let effects = shop.effects.clone();
    let till = Host::new("till", effects, db, shop.network_of("till"), &hanse_testkit::keyring());
    let till = till.sending(&[Sold::TYPE]);
    for number in 1..=250 {
        sell(&shop, &till, "MUG", number, number).await;
    }
    let before = looks.0.load(Ordering::SeqCst);
    // Parked messages are looked for first: that is one more.
    relay(&till, Arc::new(Slow { looks, before: before + 1 })).run(async {}).await;
    assert_eq!(waiting(&till.db).await, 0);
}
