//! Messages that are handled together, on both engines, in process and over the broker.

use crate::platform::messages::{Sold, counted, on_all_shapes};
use async_trait::async_trait;
use futures::future::join_all;
use hanse_database::sql::Sql;
use hanse_database::{DbError, Engine, Tx};
use hanse_kernel::CorrelationId;
use hanse_messaging::{Batch, Consumers, Envelope, HandleBatch, HandlerError, Message, Received, parked};
use hanse_runtime::{Host, Module};
use hanse_testkit::TestHost;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct CameBack {
    sku: String,
    number: i64,
}
hanse_envelope::messages! { CameBack = "till.CameBack.v1"; }

/// Notes what it is given, and of how many each unit was.
struct Books;

#[async_trait]
impl HandleBatch for Books {
    type Task = (String, i64);

    async fn handle(&self, tx: &mut Tx, tasks: &[&Self::Task]) -> Result<(), HandlerError> {
        let size = tasks.len() as i64;
        tx.execute("insert into units (size) values ($1)", &[&size]).await?;
        for (sku, number) in tasks {
            if sku == "NEVER" {
                return Err(HandlerError::Refused("no such thing".into()));
            }
            tx.execute("insert into counted (sku, number) values ($1, $2)", &[sku, number]).await?;
        }
        Ok(())
    }
}

fn sold(Received { message, .. }: Received<Sold>) -> Result<Option<(String, i64)>, HandlerError> {
    match message.sku.as_str() {
        "ELSEWHERE" => Ok(None),
        "UNREADABLE" => Err(HandlerError::Refused("cannot be read".into())),
        _ => Ok(Some((message.sku, message.number))),
    }
}

fn came_back(Received { message, .. }: Received<CameBack>) -> Result<Option<(String, i64)>, HandlerError> {
    Ok(Some((message.sku, -message.number)))
}

async fn books(shop: &TestHost) -> (Host, Consumers) {
    let host = shop.host("books", hanse_http::idempotency::MIGRATIONS).await;
    let made = host.db.tx((), |tx, ()| {
        Box::pin(async move {
            tx.execute("create table counted (sku text not null, number bigint not null)", &[]).await?;
            tx.execute("create table units (size bigint not null)", &[]).await
        })
    });
    made.await.unwrap_or_else(|e: DbError| panic!("{e}"));
    let batch = Batch::new(Books);
    let consumers = host.consumers().on_batch::<Sold, _>("books.sold", &batch, sold).on_batch::<CameBack, _>(
        "books.came_back",
        &batch,
        came_back,
    );
    let rpc = tonic::service::Routes::default();
    let allow = hanse_rpc::Allow::new("books", &[]);
    let routes = hanse_http::Routes::<()>::new("books").build();
    let module = shop.start(Module { host: host.clone(), routes, rpc, allow, consumers, workers: vec![] });
    (host, module.consumers)
}

async fn units(host: &Host) -> Vec<i64> {
    let sizes = host.db.read((), |tx, ()| {
        Box::pin(async move { tx.query("select size from units", &[], |r| r.get(0)).await })
    });
    sizes.await.unwrap_or_else(|e: DbError| panic!("{e}"))
}

async fn both_engines<F: AsyncFn(TestHost)>(test: F) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        test(TestHost::new(engine)).await;
    }
}

fn envelope(number: u128, kind: &str, message: &impl Serialize) -> Envelope {
    let id = Uuid::from_u128(number);
    Envelope {
        specversion: "1.0".into(),
        id,
        source: "/services/till".into(),
        kind: kind.into(),
        subject: number.to_string(),
        time: hanse_testkit::effects().now(),
        aggver: None,
        correlationid: CorrelationId::new(id),
        causationid: None,
        traceparent: None,
        datacontenttype: "application/json".into(),
        data: serde_json::value::to_raw_value(message).expect("JSON"),
    }
}

async fn deliver(consumers: &Consumers, envelope: &Envelope) -> Result<(), DbError> {
    let consumer = consumers.iter().find(|c| c.kind == envelope.kind).expect("a consumer");
    consumers.deliver(consumer, envelope).await
}

fn sale(number: u32, sku: &str) -> Envelope {
    envelope(u128::from(number), Sold::TYPE, &Sold { sku: sku.into(), number: number.into() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_messages_need_few_units_and_each_has_its_effect_once() {
    on_all_shapes(async |shop| {
        let (host, _) = books(&shop).await;
        let sends = (1..=200).map(|number| {
            let (shop, id) = (&shop, Uuid::from_u128(number));
            async move {
                let number = i64::try_from(number).expect("small");
                let sold = Sold { sku: "MUG".into(), number };
                shop.send_as(id, "till", number, &sold).await;
            }
        });
        join_all(sends).await;
        shop.send_as(Uuid::from_u128(7), "till", 7, &Sold { sku: "MUG".into(), number: 7 }).await;
        let mut numbers: Vec<i64> = counted(&host).await.into_iter().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
        let units = units(&host).await;
        assert!(units.len() < 200, "{units:?}");
        assert!(units.iter().all(|size| *size <= 128), "{units:?}");
    })
    .await;
}

#[tokio::test]
async fn who_waits_is_served_in_turn_whatever_the_message_is() {
    both_engines(async |shop| {
        let (host, consumers) = books(&shop).await;
        let mut messages: Vec<Envelope> = (1..=130).map(|number| sale(number, "MUG")).collect();
        let back = CameBack { sku: "MUG".into(), number: 1 };
        messages.insert(1, envelope(1000, CameBack::TYPE, &back));
        messages.insert(0, sale(1001, "ELSEWHERE"));
        messages.push(messages[1].clone());
        for outcome in join_all(messages.iter().map(|message| deliver(&consumers, message))).await {
            outcome.expect("dealt with");
        }
        let numbers: Vec<i64> = counted(&host).await.into_iter().map(|(_, number)| number).collect();
        let expected: Vec<i64> = [1, -1].into_iter().chain(2..=130).collect();
        assert_eq!(numbers, expected);
        assert_eq!(units(&host).await, [128, 3], "so many at most, and the repetition is none");
    })
    .await;
}

#[tokio::test]
async fn one_that_cannot_be_handled_is_parked_alone() {
    both_engines(async |shop| {
        let (host, consumers) = books(&shop).await;
        let messages = [sale(1, "MUG"), sale(2, "UNREADABLE"), sale(3, "NEVER"), sale(4, "MUG")];
        for outcome in join_all(messages.iter().map(|message| deliver(&consumers, message))).await {
            outcome.expect("dealt with");
        }
        let numbers: Vec<i64> = counted(&host).await.into_iter().map(|(_, number)| number).collect();
        assert_eq!(numbers, [1, 4]);
        let parked = parked::list(&host.db).await.expect("a list");
        let mut subjects: Vec<&str> = parked.iter().map(|parked| parked.subject.as_str()).collect();
        subjects.sort_unstable();
        assert_eq!(subjects, ["2", "3"]);
        // What is parked is tried by itself, and is no part of a batch.
        let again = parked.iter().find(|parked| parked.subject == "3").expect("parked");
        let by = hanse_messaging::acts::Operator { who: "ana".into(), reason: None };
        parked::redrive(&consumers, again, &by).await.expect("tried");
        assert_eq!(parked::list(&host.db).await.expect("a list").len(), 2);
        assert_eq!(units(&host).await, [1, 1]);
    })
    .await;
}

#[tokio::test]
async fn who_stops_waiting_takes_nobody_along() {
    both_engines(async |shop| {
        let (host, consumers) = books(&shop).await;
        let (first, second) = (sale(1, "MUG"), sale(2, "MUG"));
        {
            let mut impatient = std::pin::pin!(deliver(&consumers, &first));
            assert!(futures::poll!(impatient.as_mut()).is_pending());
        }
        deliver(&consumers, &second).await.expect("dealt with");
        let numbers: Vec<i64> = counted(&host).await.into_iter().map(|(_, number)| number).collect();
        assert_eq!(numbers, [1, 2]);
        deliver(&consumers, &first).await.expect("dealt with before");
        assert_eq!(counted(&host).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn without_its_store_a_batch_is_delivered_again_and_nothing_is_parked() {
    both_engines(async |shop| {
        let (host, consumers) = books(&shop).await;
        host.db.close().await;
        let messages = [sale(1, "MUG"), sale(2, "MUG")];
        for outcome in join_all(messages.iter().map(|message| deliver(&consumers, message))).await {
            assert!(matches!(outcome, Err(DbError::Unavailable(_))), "{outcome:?}");
        }
    })
    .await;
}
