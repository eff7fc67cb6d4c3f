//! Versions of messages that a service does not know, and messages that it never said it sends: seen, kept, never lost.

use super::messages::{Count, Sold, counted, on_all_shapes, run, sell, service};
use async_trait::async_trait;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Tx};
use hanse_kernel::Actor;
use hanse_messaging::acts::{self, Operator, Place};
use hanse_messaging::{Consumers, Handle, HandlerError, Message, Outbox, Received, parked};
use hanse_runtime::Host;
use hanse_testkit::{Engine, TestHost, TestWorld};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the till tells since its last release.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SoldAgain {
    sku: String,
    numbers: Vec<i64>,
}
hanse_envelope::messages! { SoldAgain = "till.Sold.v2"; }

struct CountAgain;

#[async_trait]
impl Handle<SoldAgain> for CountAgain {
    async fn handle(&self, tx: &mut Tx, sold: &Received<SoldAgain>) -> Result<(), HandlerError> {
        for number in &sold.message.numbers {
            tx.execute("insert into counted (sku, number) values ($1, $2)", &[&sold.message.sku, number])
                .await?;
        }
        Ok(())
    }
}

fn ana() -> Operator {
    Operator { who: "ana".into(), reason: None }
}

/// The till's next release speaks before the books know its new version. What is parked with them then.
async fn told_too_early(shop: &TestHost, books: &Host) -> parked::Parked {
    // The broker has been reached when this one is through.
    shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 1 }).await;
    let sold = SoldAgain { sku: "MUG".into(), numbers: vec![2, 3] };
    shop.try_send("till", "MUG", SoldAgain::TYPE, &sold).await.expect("published");
    shop.until("it is parked", async || !parked::list(&books.db).await.expect("a list").is_empty()).await;
    let parked = parked::list(&books.db).await.expect("a list").remove(0);
    assert_eq!((parked.kind.as_str(), parked.next_at), (SoldAgain::TYPE, None));
    assert!(
        parked.reason.contains("newer than books") && parked.reason.contains("upgrade"),
        "{}",
        parked.reason
    );
    parked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_nobody_knows_yet_is_parked_and_handled_after_the_upgrade() {
    on_all_shapes(async |shop| {
        let books = service(&shop, "books", true).await;
        let parked = told_too_early(&shop, &books).await;
        // The queue goes on.
        shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 4 }).await;
        assert_eq!(counted(&books).await, [("MUG".to_string(), 1), ("MUG".to_string(), 4)]);
        // Redriven too early it stays where it is.
        let before = books.consumers().on::<Sold>("books.count", Count);
        parked::redrive(&before, &parked, &ana()).await.expect("tried");
        let still = parked::list(&books.db).await.expect("a list");
        assert_eq!((still.len(), still[0].attempts, still[0].reason.clone()), (1, 2, parked.reason.clone()));
        let upgraded = before.on::<SoldAgain>("books.count_again", CountAgain);
        parked::redrive(&upgraded, &parked, &ana()).await.expect("handled");
        assert_eq!(parked::list(&books.db).await.expect("a list").len(), 0);
        assert_eq!(counted(&books).await.len(), 4);
        // Handled, and known as such: its repetition has no second effect.
        parked::redrive(&upgraded, &parked, &ana()).await.expect("nothing to do");
        assert_eq!(counted(&books).await.len(), 4);
        let done = acts::latest(&books.db, Place::Parked).await.expect("a history");
        let told: Vec<_> =
            done.iter().map(|act| (act.who.as_str(), act.deed.as_str(), act.message)).collect();
        assert_eq!(told, [("ana", "redrive", parked.id); 3]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_keeps_its_name_for_the_next_version_takes_what_was_parked_with_it() {
    on_all_shapes(async |shop| {
        let books = service(&shop, "books", true).await;
        let parked = told_too_early(&shop, &books).await;
        let upgraded = books.consumers().on::<SoldAgain>("books.count", CountAgain);
        parked::redrive(&upgraded, &parked, &ana()).await.expect("handled");
        assert_eq!(
            (parked::list(&books.db).await.expect("a list").len(), counted(&books).await.len()),
            (0, 3)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_is_taken_by_the_consumer_that_knows_it_and_by_no_other() {
    on_all_shapes(async |shop| {
        let till = service(&shop, "till", false).await;
        let both = |empty: Consumers| {
            empty.on::<Sold>("books.count", Count).on::<SoldAgain>("books.count_again", CountAgain)
        };
        let books = run(&shop, "books", both).await;
        sell(&shop, &till, "MUG", 1, 1).await;
        shop.send("till", "MUG", &SoldAgain { sku: "MUG".into(), numbers: vec![2] }).await;
        shop.settle().await;
        let mut counted = counted(&books).await;
        counted.sort();
        assert_eq!(counted, [("MUG".to_string(), 1), ("MUG".to_string(), 2)]);
        assert_eq!(parked::list(&books.db).await.expect("a list").len(), 0);
    })
    .await;
}

/// Every service tells another of the end of its audit log.
const KEEP_LOG_END: &str = "analytics.KeepLogEnd.v1";

#[tokio::test]
async fn what_a_service_never_said_it_sends_is_refused_with_the_unit() {
    on_all_shapes(async |shop| {
        let till = service(&shop, "till", false).await;
        let sold = SoldAgain { sku: "MUG".into(), numbers: vec![1] };
        let input = (till.outbox.clone(), shop.ctx(Actor::Anonymous), sold);
        let refused: Result<(), DbError> = till
            .db
            .tx(input, |tx, (outbox, ctx, sold): &(Outbox, _, SoldAgain)| {
                Box::pin(async move {
                    tx.execute("insert into counted (sku, number) values ('MUG', 1)", &[]).await?;
                    outbox.event(tx, ctx, &sold.sku, 1, sold).await
                })
            })
            .await;
        let told = refused.expect_err("refused");
        assert!(matches!(told, DbError::Undeclared { kind: SoldAgain::TYPE, .. }), "{told}");
        assert!(told.to_string().contains("Host::sending"), "{told}");
        assert_eq!((counted(&till).await.len(), till.outbox.sends()), (0, &[Sold::TYPE, KEEP_LOG_END][..]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_operators_did_is_known_for_a_year() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let time = TestWorld::new();
        let shop = TestHost::with_effects(engine, time.effects());
        let books = service(&shop, "books", true).await;
        let parked = told_too_early(&shop, &books).await;
        let consumers = books.consumers().on::<Sold>("books.count", Count);
        assert!(parked::discard(&consumers, &parked, &ana()).await.expect("given up"));
        let done = async || acts::latest(&books.db, Place::Parked).await.expect("a history").len();
        time.advance(364 * DAY);
        shop.send("till", "MUG", &Sold { sku: "MUG".into(), number: 4 }).await;
        assert_eq!(done().await, 1);
        time.advance(2 * DAY);
        shop.until("it is forgotten", async || {
            // What is written wakes the relay, which tidies once a minute.
            shop.send("books", "MUG", &Sold { sku: "MUG".into(), number: 5 }).await;
            time.advance(Duration::from_secs(3600));
            done().await == 0
        })
        .await;
    }
}
