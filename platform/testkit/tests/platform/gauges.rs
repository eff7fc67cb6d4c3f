//! What `/metrics` tells of waiting messages moves with them: up when they wait, down when they are dealt with.

// Processes, brokers and recorders are real: there is no simulated world below them.
#![allow(clippy::disallowed_methods)]

use super::broker::behind_a_proxy;
use super::dead_letters::put;
use super::messages::{Count, Sold, sell, service};
use hanse_messaging::acts::Operator;
use hanse_messaging::gauges::Gauges;
use hanse_messaging::{DeadLetters, Rabbit, parked};
use hanse_testkit::proxy::Line;
use hanse_testkit::{Engine, TestHost};

/// What the metrics say now.
fn told(metrics: &hanse_telemetry::Metrics, name: &str, labels: &[&str]) -> Option<f64> {
    let rendered = metrics.render();
    let line = rendered.lines().find(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| {
            rest.starts_with(['{', ' ']) && labels.iter().all(|label| rest.contains(label))
        })
    })?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lag_and_parked_and_dead_messages_are_seen_and_seen_to_go() {
    let metrics = hanse_telemetry::metrics().expect("a recorder");
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (proxy, settings) = behind_a_proxy().await;
        let shop = TestHost::with_broker(engine, settings.clone());
        let (till, books) = (service(&shop, "till", false).await, service(&shop, "books", true).await);
        sell(&shop, &till, "MUG", 0, 1).await;
        shop.settle().await;
        let mut selling = Gauges::new(till.consumers());
        selling.look().await.expect("a look");
        let of_till = ["service=\"till\""];
        assert_eq!(told(&metrics, "hanse_outbox_lag_seconds", &of_till), Some(0.0));
        assert_eq!(told(&metrics, "hanse_outbox_waiting_messages", &of_till), Some(0.0));

        proxy.set(Line::Cut);
        for number in 1..4 {
            sell(&shop, &till, "MUG", number, number + 1).await;
        }
        shop.until("the lag grows", async || {
            selling.look().await.expect("a look");
            told(&metrics, "hanse_outbox_lag_seconds", &of_till).is_some_and(|lag| lag > 0.05)
        })
        .await;
        assert_eq!(told(&metrics, "hanse_outbox_waiting_messages", &of_till), Some(3.0));
        proxy.set(Line::Clear);
        shop.settle().await;
        selling.look().await.expect("a look");
        assert_eq!(told(&metrics, "hanse_outbox_lag_seconds", &of_till), Some(0.0));
        assert_eq!(told(&metrics, "hanse_outbox_waiting_messages", &of_till), Some(0.0));

        let consumers = books.consumers().on::<Sold>("books.count", Count);
        let (mut counting, of_books) =
            (Gauges::new(consumers.clone()), ["service=\"books\"", "consumer=\"books.count\""]);
        counting.look().await.expect("a look");
        assert_eq!(told(&metrics, "hanse_parked_messages", &of_books), Some(0.0));
        shop.send("till", "NEVER", &Sold { sku: "NEVER".into(), number: 1 }).await;
        counting.look().await.expect("a look");
        assert_eq!(told(&metrics, "hanse_parked_messages", &of_books), Some(1.0));
        let parked = parked::list(&books.db).await.expect("a list").remove(0);
        let by = Operator { who: "ana".into(), reason: Some("no such thing".into()) };
        assert!(parked::discard(&consumers, &parked, &by).await.expect("given up"));
        counting.look().await.expect("a look");
        assert_eq!(told(&metrics, "hanse_parked_messages", &of_books), Some(0.0));

        let rabbit = Rabbit::new(settings.clone(), hanse_testkit::effects());
        let counter = rabbit.clone();
        let counting = tokio::spawn(async move {
            futures::future::join(counter.keep(), counter.count_dead(futures::future::pending())).await
        });
        shop.until("none is dead", async || told(&metrics, "hanse_dead_letters", &[]) == Some(0.0)).await;
        put(&format!("{}.books.count", settings.prefix), b"rubbish").await;
        shop.until("one is dead", async || told(&metrics, "hanse_dead_letters", &[]) == Some(1.0)).await;
        let operator = DeadLetters::open(&settings, hanse_testkit::effects()).await.expect("at the broker");
        let letter = operator.look(1).await.expect("a look").remove(0);
        operator.discard(letter, Some(&consumers), &by).await.expect("given up");
        operator.close().await;
        shop.until("none is dead", async || told(&metrics, "hanse_dead_letters", &[]) == Some(0.0)).await;
        counting.abort();
        assert!(proxy.faults() > 0, "the line was never cut");
    }
}
