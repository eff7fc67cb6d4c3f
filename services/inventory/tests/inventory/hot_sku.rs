//! How many orders a second one hot variant can be reserved for, from the message to the commit. Left out of the usual
//! runs: it measures, on whatever machine it is on.
//!
//! `cargo xtask test --only rust -- --workspace --run-ignored only --no-capture -E 'test(hot_sku)'`

use crate::shop::{ENGINES, Shop};
use futures::StreamExt;
use hanse_kernel::CorrelationId;
use hanse_messaging::{Envelope, Message};
use hanse_order_contract::OrderPlaced;
use std::time::Instant;

const ORDERS: usize = 6_000;
/// As many as a broker hands over at once.
const IN_HAND: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn reservations_of_one_hot_variant() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(1_000_000).await;
        let orders: Vec<_> = (0..ORDERS).map(|_| shop.order()).collect();
        let messages = orders.iter().map(|order| {
            let placed = shop.placed(*order, &[(mug, 1)]);
            let id = shop.bench.effects.ids.uuid();
            Envelope {
                specversion: "1.0".into(),
                id,
                source: "/services/order".into(),
                kind: OrderPlaced::TYPE.into(),
                subject: order.to_string(),
                time: shop.world.now(),
                aggver: Some(1),
                correlationid: CorrelationId::new(id),
                causationid: None,
                traceparent: None,
                datacontenttype: "application/json".into(),
                data: serde_json::value::to_raw_value(&placed).unwrap(),
            }
        });
        let messages: Vec<Envelope> = messages.collect();
        let consumers = &shop.inventory.consumers;
        let consumer = consumers.by_name("inventory.reserve_on_order").unwrap();
        let began = Instant::now();
        let dealt = messages.iter().map(|message| consumers.deliver(consumer, message));
        let dealt: Vec<_> = futures::stream::iter(dealt).buffer_unordered(IN_HAND).collect().await;
        let seconds = began.elapsed().as_secs_f64();
        assert!(dealt.into_iter().all(|dealt| dealt.is_ok()));
        let parked = hanse_messaging::parked::list(&shop.inventory.host.db).await.unwrap().len();
        println!(
            "{engine:?}: {ORDERS} orders of one variant in {seconds:.2} s, {:.0} reservations/s, {parked} parked",
            (ORDERS - parked) as f64 / seconds
        );
        let [_, reserved, ..] = shop.counts(mug).await;
        assert_eq!(reserved, (ORDERS - parked) as i64);
    }
}
