//! Outbox, relay, inbox and parked messages, on both engines, in process and over the broker.

use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Engine, Tx};
use hanse_kernel::{Actor, Timestamp};
use hanse_messaging::{Consumers, Handle, HandlerError, Message, Outbox, Received, parked};
use hanse_runtime::{Host, Module};
use hanse_testkit::{Carrier, TestHost, TestWorld};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Sold {
    pub(super) sku: String,
    pub(super) number: i64,
}
hanse_envelope::messages! { Sold = "till.Sold.v1"; }

pub(super) struct Count;

#[async_trait]
impl Handle<Sold> for Count {
    async fn handle(&self, tx: &mut Tx, sold: &Received<Sold>) -> Result<(), HandlerError> {
        if sold.message.sku == "NEVER" {
            return Err(HandlerError::Refused("no such thing".into()));
        }
        tx.execute(
            "insert into counted (sku, number) values ($1, $2)",
            &[&sold.message.sku, &sold.message.number],
        )
        .await?;
        Ok(())
    }

    fn concerns(&self, sold: &Sold) -> bool {
        sold.sku != "ELSEWHERE"
    }
}

pub(super) async fn service(shop: &TestHost, name: &'static str, consumes: bool) -> Host {
    let takes = |empty: Consumers| if consumes { empty.on::<Sold>("books.count", Count) } else { empty };
    run(shop, name, takes).await
}

/// A service that sells, and takes what it is given to take.
pub(super) async fn run(
    shop: &TestHost,
    name: &'static str,
    takes: impl FnOnce(Consumers) -> Consumers,
) -> Host {
    let host = shop.host(name, hanse_http::idempotency::MIGRATIONS).await.sending(&[Sold::TYPE]);
    host.db
        .tx((), |tx, ()| {
            Box::pin(async move {
                tx.execute("create table counted (sku text not null, number bigint not null)", &[]).await
            })
        })
        .await
        .map(|_: u64| ())
        .unwrap_or_else(|e: DbError| panic!("{e}"));
    let consumers = takes(host.consumers());
    let rpc = tonic::service::Routes::default();
    let allow = hanse_rpc::Allow::new(name, &[]);
    let routes = hanse_http::Routes::<()>::new(name).build();
    shop.start(Module { host: host.clone(), routes, rpc, allow, consumers, workers: vec![] });
    host
}

pub(super) async fn sell(shop: &TestHost, host: &Host, sku: &str, number: i64, aggver: i64) {
    let ctx = shop.ctx(Actor::Anonymous);
    let input = (host.outbox.clone(), ctx, Sold { sku: sku.into(), number }, aggver);
    let sold: Result<(), DbError> = host
        .db
        .tx(input, |tx, (outbox, ctx, sold, aggver): &(Outbox, _, Sold, i64)| {
            Box::pin(async move { outbox.event(tx, ctx, &sold.sku, *aggver, sold).await })
        })
        .await;
    sold.expect("committed");
}

pub(super) async fn counted(host: &Host) -> Vec<(String, i64)> {
    host.db
        .read((), |tx, ()| {
            Box::pin(async move {
                tx.query("select sku, number from counted", &[], |r| Ok((r.get(0)?, r.get(1)?))).await
            })
        })
        .await
        .unwrap_or_else(|e: DbError| panic!("{e}"))
}

pub(super) async fn on_all_shapes<F: AsyncFn(TestHost)>(test: F) {
    for carrier in [Carrier::InProcess, Carrier::RabbitMq] {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            test(TestHost::on(engine, carrier, hanse_testkit::effects())).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_arrives_once_and_in_the_order_of_its_aggregate() {
    on_all_shapes(async |shop| {
        let till = service(&shop, "till", false).await;
        let books = service(&shop, "books", true).await;
        for number in 1..=20 {
            sell(&shop, &till, "MUG", number, number).await;
            sell(&shop, &till, "CUP", number, number).await;
        }
        shop.settle().await;
        let counted = counted(&books).await;
        for sku in ["MUG", "CUP"] {
            let numbers: Vec<i64> = counted.iter().filter(|c| c.0 == sku).map(|c| c.1).collect();
            assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
        }
        let clean = hanse_messaging::audit::examine(&till.db, shop.effects.now()).await.expect("an audit");
        assert_eq!(clean, []);
    })
    .await;
}

#[tokio::test]
async fn a_duplicate_has_no_second_effect() {
    on_all_shapes(async |shop| {
        let books = service(&shop, "books", true).await;
        let id = uuid::Uuid::from_u128(5);
        for _ in 0..3 {
            shop.send_as(id, "till", "MUG", &Sold { sku: "MUG".into(), number: 1 }).await;
        }
        assert_eq!(counted(&books).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn marks_that_a_power_cut_took_back_cause_no_second_effect() {
    on_all_shapes(async |shop| {
        let till = service(&shop, "till", false).await;
        let books = service(&shop, "books", true).await;
        // The broker has been reached when this one is through: no publishing is tried twice.
        shop.send("till", "ELSEWHERE", &Sold { sku: "ELSEWHERE".into(), number: 1 }).await;
        sell(&shop, &till, "MUG", 1, 1).await;
        sell(&shop, &till, "MUG", 2, 2).await;
        shop.settle().await;
        assert_eq!(shop.published().len(), 2);
        let taken_back: Result<u64, DbError> = till
            .db
            .tx((), |tx, ()| {
                Box::pin(async move { tx.execute("update outbox set published_at = null", &[]).await })
            })
            .await;
        assert_eq!(taken_back.expect("committed"), 2);
        shop.settle().await;
        assert_eq!(shop.published().len(), 4, "published again");
        assert_eq!(counted(&books).await, [("MUG".to_string(), 1), ("MUG".to_string(), 2)]);
    })
    .await;
}

#[tokio::test]
async fn what_does_not_concern_a_consumer_is_not_remembered() {
    on_all_shapes(async |shop| {
        let books = service(&shop, "books", true).await;
        shop.send("till", "ELSEWHERE", &Sold { sku: "ELSEWHERE".into(), number: 1 }).await;
        shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 2 }).await;
        assert_eq!(counted(&books).await, [("MUG".to_string(), 2)]);
        let remembered: Result<Option<i64>, DbError> = books
            .db
            .read((), |tx, ()| {
                Box::pin(async move { tx.query_opt("select count(*) from inbox", &[], |r| r.get(0)).await })
            })
            .await;
        assert_eq!(remembered.expect("a count"), Some(1));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_handled_is_parked_with_its_reason_and_the_queue_goes_on() {
    on_all_shapes(async |shop| {
        let books = service(&shop, "books", true).await;
        shop.send("till", "NEVER", &Sold { sku: "NEVER".into(), number: 1 }).await;
        shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 2 }).await;
        assert_eq!(counted(&books).await, [("MUG".to_string(), 2)]);
        let parked = parked::list(&books.db).await.expect("a list");
        assert_eq!((parked.len(), parked[0].reason.as_str(), parked[0].next_at), (1, "no such thing", None));
        let later = shop.effects.now().plus(std::time::Duration::from_secs(1));
        let found = hanse_messaging::audit::examine(&books.db, later).await.expect("an audit");
        assert!(found.iter().any(|f| f.invariant == 10 && f.subject == "NEVER"), "{found:?}");
    })
    .await;
}

/// Cannot act yet: so many times, then it can.
struct Moody {
    refuses: Arc<AtomicU32>,
    count: Count,
}

#[async_trait]
impl Handle<Sold> for Moody {
    async fn handle(&self, tx: &mut Tx, sold: &Received<Sold>) -> Result<(), HandlerError> {
        let less = |left: u32| left.checked_sub(1);
        if sold.message.sku == "MOODY"
            && self.refuses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
        {
            return Err(HandlerError::NotNow("not today".into()));
        }
        self.count.handle(tx, sold).await
    }
}

/// On all shapes, in a world whose time is the test's: `books` has a consumer that so often cannot act yet.
async fn with_moods<F: AsyncFn(TestHost, Host, TestWorld)>(refuses: u32, test: F) {
    for carrier in [Carrier::InProcess, Carrier::RabbitMq] {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let world = TestWorld::new();
            let shop = TestHost::on(engine, carrier, world.effects());
            let moody = Moody { refuses: Arc::new(AtomicU32::new(refuses)), count: Count };
            let books = run(&shop, "books", |empty| empty.on::<Sold>("books.count", moody)).await;
            shop.send("till", "MOODY", &Sold { sku: "MOODY".into(), number: 0 }).await;
            test(shop, books, world).await;
        }
    }
}

/// How often the only parked message was tried, and when it will be again.
async fn tried(books: &Host) -> (i64, Option<Timestamp>) {
    match &*parked::list(&books.db).await.expect("a list") {
        [one] => {
            assert_eq!((one.subject.as_str(), one.reason.as_str()), ("MOODY", "not today"));
            (one.attempts, one.next_at)
        }
        others => panic!("{others:?}"),
    }
}

#[tokio::test]
async fn what_cannot_be_handled_yet_is_tried_after_growing_pauses_and_then_waits_for_an_operator() {
    with_moods(u32::MAX, async |shop, books, world| {
        let mut pause = Duration::ZERO;
        for attempt in 1..12 {
            shop.until("it is tried", async || tried(&books).await.0 == attempt).await;
            let next = tried(&books).await.1.unwrap_or_else(|| panic!("given up after {attempt} tries"));
            let longer = next.since(world.now());
            assert!(longer > pause, "{longer:?} after {pause:?}");
            pause = longer;
            // The queue goes on meanwhile.
            shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: attempt }).await;
            assert_eq!(counted(&books).await.len(), usize::try_from(attempt).expect("a few"));
            world.advance(pause);
        }
        assert!(pause > Duration::from_secs(60), "an outage of some minutes is outlived: {pause:?}");
        shop.until("it is tried a last time", async || tried(&books).await == (12, None)).await;
        world.advance(Duration::from_secs(24 * 3600));
        shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 12 }).await;
        assert_eq!(counted(&books).await.len(), 12);
        assert_eq!(tried(&books).await, (12, None), "it waits for an operator");
    })
    .await;
}

#[tokio::test]
async fn what_can_be_handled_at_the_third_try_is_handled_once_and_parked_no_more() {
    with_moods(2, async |shop, books, world| {
        for attempt in 1..3 {
            shop.until("it is tried", async || tried(&books).await.0 == attempt).await;
            let next = tried(&books).await.1.expect("it is tried again");
            world.advance(next.since(world.now()));
        }
        shop.until("it is handled", async || !counted(&books).await.is_empty()).await;
        assert_eq!(counted(&books).await, [("MOODY".to_string(), 0)]);
        assert!(parked::list(&books.db).await.expect("a list").is_empty());
        shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 1 }).await;
        assert_eq!(counted(&books).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_parked_message_that_nobody_can_try_does_not_hold_up_the_others() {
    on_all_shapes(async |shop| {
        let books = service(&shop, "books", true).await;
        shop.send("till", "NEVER", &Sold { sku: "NEVER".into(), number: 1 }).await;
        // What the shop that ran here before has left: one for a consumer that is gone, one that can be handled now.
        let longest = shop.effects.now().minus(std::time::Duration::from_secs(60));
        let left: Result<u64, DbError> = books
            .db
            .tx(longest, |tx, longest| {
                Box::pin(async move {
                    let sql = "insert into parked (consumer, source, id, type, subject, payload, reason, attempts,
                                 parked_at, next_at)
                               select $1, source, id, type, subject, replace(payload, 'NEVER', 'MUG'), 'away', 1,
                                 parked_at, $2 from parked where consumer = 'books.count'";
                    tx.execute(sql, &[&"books.alone", longest]).await?;
                    tx.execute(
                        "update parked set next_at = parked_at, payload = replace(payload, 'NEVER', 'MUG')
                         where consumer = 'books.count'",
                        &[],
                    )
                    .await
                })
            })
            .await;
        assert_eq!(left.expect("committed"), 1);
        shop.until("the other is handled", async || !counted(&books).await.is_empty()).await;
        assert_eq!(counted(&books).await, [("MUG".to_string(), 1)]);
        let parked = parked::list(&books.db).await.expect("a list");
        let told = (parked.len(), parked[0].reason.as_str(), parked[0].next_at);
        assert_eq!(told, (1, "no consumer is named books.alone any more", None));
    })
    .await;
}

#[tokio::test]
async fn a_gap_in_an_aggregates_versions_is_found() {
    on_all_shapes(async |shop| {
        let till = service(&shop, "till", false).await;
        sell(&shop, &till, "MUG", 1, 1).await;
        sell(&shop, &till, "MUG", 3, 3).await;
        shop.settle().await;
        let later = shop.effects.now().plus(std::time::Duration::from_secs(1));
        let found = hanse_messaging::audit::examine(&till.db, later).await.expect("an audit");
        assert!(found.iter().any(|f| f.invariant == 11 && f.subject == "MUG"), "{found:?}");
    })
    .await;
}

#[test]
fn the_envelope_on_the_wire_stays_as_it_was_released() {
    let golden = r#"{"specversion":"1.0","id":"00000000-0000-0000-0000-000000000001","source":"/services/till",
        "type":"till.Sold.v1","subject":"MUG","time":"2026-11-23T10:00:00Z","aggver":1,"correlationid":"abc",
        "datacontenttype":"application/json","data":{"sku":"MUG","number":1}}"#;
    let envelope = hanse_messaging::Envelope::from_json(golden).expect("reads");
    assert_eq!(envelope.kind, Sold::TYPE);
    let compact: String = golden.split_whitespace().collect();
    assert_eq!(envelope.to_json().expect("writes"), compact);
}
