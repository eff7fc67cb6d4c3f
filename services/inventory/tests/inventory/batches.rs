//! Orders that are served together fare as if they had been served one after the other.

use crate::shop::{ENGINES, Shop, stock_lines};
use futures::future::join_all;
use hanse_database::sql::Sql;
use hanse_database::{Db, DbError};
use hanse_inventory_contract::{CommitStock, ReleaseStock, ReserveStock, StockPolicy, StockTarget};
use hanse_kernel::{CorrelationId, OrderId, Timestamp, VariantId};
use hanse_messaging::{Envelope, Message};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

const ORDERS: usize = 6;
const VARIANTS: usize = 4;
const POLICIES: [StockPolicy; VARIANTS] =
    [StockPolicy::Deny, StockPolicy::Deny, StockPolicy::Continue, StockPolicy::Untracked];

#[derive(Debug, Clone)]
enum Says {
    Placed(Vec<(usize, i64)>),
    Reserve(Vec<(usize, i64)>),
    Commit(Vec<(usize, i64)>),
    Paid,
    Release,
    /// The message before comes once more.
    Again,
}

/// What comes at the same time, and how long nothing comes afterwards.
type Rush = (Vec<(usize, Says)>, Duration);

fn rush() -> impl Strategy<Value = Rush> {
    let lines = || proptest::collection::vec((0..VARIANTS, 1i64..5), 1..4);
    let says = prop_oneof![
        4 => lines().prop_map(Says::Placed),
        2 => lines().prop_map(Says::Reserve),
        2 => lines().prop_map(Says::Commit),
        3 => Just(Says::Paid),
        2 => Just(Says::Release),
        1 => Just(Says::Again),
    ];
    let pause = prop_oneof![2 => Just(Duration::ZERO), 1 => Just(Duration::from_secs(16 * 60))];
    (proptest::collection::vec((0..ORDERS, says), 1..24), pause)
}

/// The shop's orders and variants of one story.
struct Cast {
    orders: Vec<OrderId>,
    variants: Vec<VariantId>,
}

impl Cast {
    fn new(shop: &Shop) -> Self {
        Self {
            orders: (0..ORDERS).map(|_| shop.order()).collect(),
            variants: (0..VARIANTS).map(|_| shop.bench.effects.id()).collect(),
        }
    }

    async fn stock(&self, shop: &Shop) {
        for (variant_id, policy) in self.variants.iter().zip(POLICIES) {
            let sku = variant_id.to_string();
            let target = StockTarget { variant_id: *variant_id, sku, on_hand: Some(12), policy };
            let key = format!("first:{variant_id}");
            let set = hanse_inventory_contract::SetStock { key, levels: vec![target], asked: None };
            shop.send("product", &set).await;
        }
    }

    /// The messages of a rush with their consumers, the same for whoever gets them.
    fn messages(&self, shop: &Shop, rush: &[(usize, Says)]) -> Vec<(&'static str, Envelope)> {
        let mut all: Vec<(&'static str, Envelope)> = Vec::new();
        for (order, says) in rush {
            let order_id = self.orders[*order];
            let wanted = |l: &[(usize, i64)]| -> Vec<(VariantId, i64)> {
                l.iter().map(|(v, n)| (self.variants[*v], *n)).collect()
            };
            all.push(match says {
                Says::Placed(l) => {
                    let placed = shop.placed(order_id, &wanted(l));
                    ("inventory.reserve_on_order", envelope(shop, order_id, &placed))
                }
                Says::Reserve(l) => {
                    let reserve = ReserveStock { order_id, lines: stock_lines(&wanted(l)) };
                    ("inventory.reserve", envelope(shop, order_id, &reserve))
                }
                Says::Commit(l) => {
                    let commit = CommitStock { order_id, lines: stock_lines(&wanted(l)) };
                    ("inventory.commit", envelope(shop, order_id, &commit))
                }
                Says::Paid => {
                    ("inventory.commit_on_payment", envelope(shop, order_id, &Shop::authorized(order_id)))
                }
                Says::Release => ("inventory.release", envelope(shop, order_id, &ReleaseStock { order_id })),
                Says::Again => match all.last() {
                    Some(before) => before.clone(),
                    None => continue,
                },
            });
        }
        all
    }
}

fn envelope<M: Message>(shop: &Shop, order: OrderId, message: &M) -> Envelope {
    let id = shop.bench.effects.ids.uuid();
    Envelope {
        specversion: "1.0".into(),
        id,
        source: "/services/order".into(),
        kind: M::TYPE.into(),
        subject: order.to_string(),
        time: shop.world.now(),
        aggver: None,
        correlationid: CorrelationId::new(id),
        causationid: None,
        traceparent: None,
        datacontenttype: "application/json".into(),
        data: serde_json::value::to_raw_value(message).unwrap(),
    }
}

async fn deliver(shop: &Shop, (consumer, envelope): &(&'static str, Envelope)) {
    let consumers = &shop.inventory.consumers;
    consumers.deliver(consumers.by_name(consumer).unwrap(), envelope).await.unwrap();
}

/// All at once: on a test's one thread they line up in this order before the first of them is served.
async fn deliver_together(shop: &Shop, messages: &[(&'static str, Envelope)]) {
    join_all(messages.iter().map(|message| deliver(shop, message))).await;
}

/// Everything that stands in the store about orders and stock.
async fn picture(db: &Db) -> Vec<String> {
    db.read((), |tx, ()| {
        Box::pin(async move {
            let mut all = tx
                .query(
                    "select order_id, state, expires_at, short, events from reservation order by order_id",
                    &[],
                    |r| {
                        let (order, until): (OrderId, Timestamp) = (r.id(0)?, r.get(2)?);
                        let (state, short, events): (String, String, i64) = (r.get(1)?, r.get(3)?, r.get(4)?);
                        Ok(format!("{order} {state} {until:?} {short} {events}"))
                    },
                )
                .await?;
            all.extend(
                tx.query(
                    "select order_id, variant_id, place, kind, quantity, unsold from reservation_part
                     order by order_id, variant_id, place",
                    &[],
                    |r| {
                        let (order, variant): (OrderId, VariantId) = (r.id(0)?, r.id(1)?);
                        let (place, kind): (i64, String) = (r.get(2)?, r.get(3)?);
                        let (quantity, unsold): (i64, i64) = (r.get(4)?, r.get(5)?);
                        Ok(format!("{order} {variant} {place} {kind} {quantity} {unsold}"))
                    },
                )
                .await?,
            );
            all.extend(
                tx.query(
                    "select v.variant_id, v.policy, v.backordered, v.level_version, l.available, l.reserved, l.sold
                     from variant_stock v join stock_level l on l.variant_id = v.variant_id
                     order by v.variant_id, l.location_id",
                    &[],
                    |r| {
                        let (variant, policy): (VariantId, String) = (r.id(0)?, r.get(1)?);
                        let counts = (2..7).map(|n| r.get(n)).collect::<Result<Vec<i64>, _>>()?;
                        Ok(format!("{variant} {policy} {counts:?}"))
                    },
                )
                .await?,
            );
            all.extend(
                tx.query("select consumer, id from inbox order by consumer, id", &[], |r| {
                    let (consumer, id): (String, Uuid) = (r.get(0)?, r.get(1)?);
                    Ok(if consumer == "inventory.set_stock" { String::new() } else { format!("{consumer} {id}") })
                })
                .await?,
            );
            Ok::<_, DbError>(all)
        })
    })
    .await
    .unwrap()
}

/// Holds whose time is over have been let go.
async fn nothing_overdue(shop: &Shop) {
    let db = &shop.inventory.host.db;
    shop.bench
        .until("no hold is overdue", async || {
            db.read(shop.world.now(), |tx, now| {
                Box::pin(async move {
                    let sql = "select order_id from reservation where state = 'held' and expires_at <= $1";
                    Ok::<_, DbError>(tx.query(sql, &[now], |r| r.id::<OrderId>(0)).await?.is_empty())
                })
            })
            .await
            .unwrap()
        })
        .await;
}

/// Subject, version and body of every event about an order, in the order in which they were written.
async fn events(db: &Db) -> Vec<(String, i64, serde_json::Value)> {
    db.read((), |tx, ()| {
        Box::pin(async move {
            let sql = "select subject, aggver, payload from outbox where subject like 'ord%' order by seq";
            tx.query(sql, &[], |r| {
                let envelope: serde_json::Value = r.json(2)?;
                Ok((r.get(0)?, r.get(1)?, envelope["data"].clone()))
            })
            .await
        })
    })
    .await
    .unwrap_or_else(|e: DbError| panic!("{e}"))
}

/// Versions of every order's events and of every variant's levels grow by one each time.
fn gapless(events: &[(String, i64, serde_json::Value)]) {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut levels: BTreeMap<&str, i64> = BTreeMap::new();
    for (subject, version, body) in events {
        let before = last.insert(subject, *version).unwrap_or(0);
        assert_eq!(*version, before + 1, "{subject}");
        for level in body["levels"].as_array().unwrap() {
            let (variant, version) =
                (level["variant_id"].as_str().unwrap(), level["level_version"].as_i64().unwrap());
            assert!(levels.insert(variant, version).is_none_or(|before| before < version), "{variant}");
        }
    }
}

#[test]
fn a_batch_ends_as_one_after_the_other_would() {
    for (engine, cases) in [(ENGINES[0], 40), (ENGINES[1], 12)] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (single, crowd) =
            runtime.block_on(async { (Shop::open(engine).await, Shop::open(engine).await) });
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let stories = proptest::collection::vec(rush(), 1..4);
        let batches = std::cell::Cell::new(0);
        TestRunner::new_with_rng(config, rng)
            .run(&stories, |story| {
                runtime.block_on(async {
                    let cast = Cast::new(&single);
                    for shop in [&single, &crowd] {
                        cast.stock(shop).await;
                    }
                    for (rush, pause) in &story {
                        let messages = cast.messages(&single, rush);
                        for message in &messages {
                            deliver(&single, message).await;
                        }
                        deliver_together(&crowd, &messages).await;
                        for shop in [&single, &crowd] {
                            shop.wait(*pause).await;
                            nothing_overdue(shop).await;
                        }
                    }
                    assert_eq!(
                        picture(&single.inventory.host.db).await,
                        picture(&crowd.inventory.host.db).await
                    );
                    let told = events(&crowd.inventory.host.db).await;
                    assert_eq!(events(&single.inventory.host.db).await, told);
                    gapless(&told);
                });
                batches.set(batches.get() + story.len());
                Ok(())
            })
            .unwrap_or_else(|e| panic!("{engine:?}: {e}"));
        assert!(batches.get() >= cases as usize, "{batches:?}");
        runtime.block_on(async {
            single.audit().await;
            crowd.audit().await;
        });
    }
}

/// The comparison above can fail: it sees the difference that another order of coming makes.
#[tokio::test]
async fn another_order_of_coming_is_another_picture() {
    for engine in ENGINES {
        let (shop, other) = (Shop::open(engine).await, Shop::open(engine).await);
        let cast = Cast::new(&shop);
        for shop in [&shop, &other] {
            cast.stock(shop).await;
        }
        let rush: Vec<_> = (0..4).map(|order| (order, Says::Placed(vec![(0, 4)]))).collect();
        let mut messages = cast.messages(&shop, &rush);
        deliver_together(&shop, &messages).await;
        messages.reverse();
        deliver_together(&other, &messages).await;
        assert_ne!(picture(&shop.inventory.host.db).await, picture(&other.inventory.host.db).await);
        assert_ne!(events(&shop.inventory.host.db).await, events(&other.inventory.host.db).await);
    }
}

#[tokio::test]
async fn the_last_pieces_go_to_those_who_came_first() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(3).await;
        let orders: Vec<OrderId> = (0..3).map(|_| shop.order()).collect();
        let messages: Vec<_> = orders
            .iter()
            .map(|order| {
                ("inventory.reserve_on_order", envelope(&shop, *order, &shop.placed(*order, &[(mug, 2)])))
            })
            .collect();
        deliver_together(&shop, &messages).await;
        shop.bench.settle().await;
        use hanse_inventory_contract::StockOutcome::{OutOfStock, Reserved};
        let told: Vec<_> = orders.iter().map(|order| shop.last(*order)).collect();
        assert_eq!(told, [Reserved, OutOfStock, OutOfStock], "{engine:?}");
        assert_eq!(shop.counts(mug).await, [1, 2, 0, 0, 0]);
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_served_holds_up_none_of_its_neighbours() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(10).await;
        let orders: Vec<OrderId> = (0..5).map(|_| shop.order()).collect();
        // What is stored of the third cannot be read.
        shop.reserve(orders[2], &[(mug, 1)]).await;
        let db = &shop.inventory.host.db;
        let spoilt = db.tx(orders[2], |tx, order| {
            Box::pin(async move {
                tx.execute("update reservation set short = '?' where order_id = $1", &[order]).await
            })
        });
        assert_eq!(spoilt.await.unwrap_or_else(|e: DbError| panic!("{e}")), 1);
        let mut messages: Vec<_> = orders
            .iter()
            .map(|order| {
                ("inventory.reserve_on_order", envelope(&shop, *order, &shop.placed(*order, &[(mug, 1)])))
            })
            .collect();
        // And one that says nothing that could be done.
        let nothing = shop.placed(shop.order(), &[]);
        messages.insert(1, ("inventory.reserve_on_order", envelope(&shop, nothing.order_id, &nothing)));
        deliver_together(&shop, &messages).await;
        let parked = hanse_messaging::parked::list(db).await.unwrap();
        let mut subjects: Vec<_> = parked.iter().map(|parked| parked.subject.clone()).collect();
        subjects.sort_unstable();
        let mut expected = [orders[2], nothing.order_id].map(|order| order.to_string());
        expected.sort_unstable();
        assert_eq!(subjects, expected, "{engine:?}: {parked:?}");
        assert_eq!(
            shop.counts(mug).await,
            [5, 5, 0, 0, 0],
            "the four others have theirs, and the third its own"
        );
        // Once it can be read again it is served from where it was parked.
        let mended = db.tx(orders[2], |tx, order| {
            Box::pin(async move {
                tx.execute("update reservation set short = '[]' where order_id = $1", &[order]).await
            })
        });
        assert_eq!(mended.await.unwrap_or_else(|e: DbError| panic!("{e}")), 1);
        shop.wait(Duration::from_secs(1)).await;
        assert_eq!(shop.answers(orders[2]).len(), 2);
        let left = hanse_messaging::parked::list(db).await.unwrap();
        assert_eq!((left.len(), left[0].subject.as_str()), (1, nothing.order_id.to_string().as_str()));
    }
}

#[tokio::test]
async fn a_batch_that_comes_again_has_no_second_effect() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(100).await;
        let orders: Vec<OrderId> = (0..70).map(|_| shop.order()).collect();
        let messages: Vec<_> = orders
            .iter()
            .map(|order| {
                ("inventory.reserve_on_order", envelope(&shop, *order, &shop.placed(*order, &[(mug, 1)])))
            })
            .collect();
        let twice: Vec<_> = messages.iter().chain(&messages[..5]).cloned().collect();
        deliver_together(&shop, &twice).await;
        deliver_together(&shop, &messages).await;
        shop.bench.settle().await;
        assert!(orders.iter().all(|order| shop.answers(*order).len() == 1), "{engine:?}");
        assert_eq!(shop.counts(mug).await, [30, 70, 0, 0, 0]);
    }
}
