//! Many want few: exactly as many are sold as there are, and overlapping orders never wait for each other in a circle.

use crate::shop::{ENGINES, Shop};
use futures::future::join_all;
use hanse_inventory_contract::StockOutcome::{Committed, OutOfStock};
use hanse_kernel::OrderId;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_orders_on_ten_units_sell_exactly_ten() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(10).await;
        let orders: Vec<OrderId> = (0..200).map(|_| shop.order()).collect();
        join_all(orders.iter().map(|order| async {
            let placed = shop.placed(*order, &[(mug, 1)]);
            shop.bench.send("order", *order, &placed).await;
        }))
        .await;
        drain(&shop).await;
        let won: Vec<OrderId> = orders.iter().copied().filter(|o| shop.last(*o) != OutOfStock).collect();
        assert_eq!(won.len(), 10);
        assert_eq!(shop.counts(mug).await, [0, 10, 0, 0, 0]);
        join_all(won.iter().map(|order| shop.paid_without_waiting(*order))).await;
        drain(&shop).await;
        assert!(won.iter().all(|order| shop.last(*order) == Committed));
        assert_eq!(shop.counts(mug).await, [0, 0, 10, 0, 0]);
        shop.audit().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_that_overlap_in_any_sequence_all_come_through() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mut variants = Vec::new();
        for _ in 0..4 {
            variants.push(shop.variant(100).await);
        }
        let orders: Vec<OrderId> = (0..40).map(|_| shop.order()).collect();
        join_all(orders.iter().enumerate().map(|(n, order)| {
            let mut lines: Vec<_> = variants.iter().map(|v| (*v, 1)).collect();
            lines.rotate_left(n % 4);
            let (placed, shop) = (shop.placed(*order, &lines), &shop);
            async move { shop.bench.send("order", *order, &placed).await }
        }))
        .await;
        drain(&shop).await;
        for variant in variants {
            assert_eq!(shop.counts(variant).await, [60, 40, 0, 0, 0]);
        }
        shop.audit().await;
    }
}

/// Messages that lost against a neighbour are parked and tried again as time goes by.
async fn drain(shop: &Shop) {
    let parked = async || hanse_messaging::parked::list(&shop.inventory.host.db).await.unwrap().len();
    shop.bench
        .until("nothing is parked any more", async || {
            shop.world.advance(std::time::Duration::from_millis(100));
            parked().await == 0
        })
        .await;
    shop.bench.settle().await;
}
