//! What an operator sees of orders under way.

use crate::shop::{ENGINES, Shop, seconds};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The metric's value for orders that wait for goods.
fn shown(told: &PrometheusHandle, metric: &str) -> Option<f64> {
    let start = format!("{metric}{{state=\"awaiting_stock\"}} ");
    told.render().lines().find_map(|line| line.strip_prefix(&start)?.parse().ok())
}

#[test]
fn how_many_orders_wait_and_how_long_is_measured_by_state() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for engine in ENGINES {
        let recorder = PrometheusBuilder::new().build_recorder();
        let told = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let shop = Shop::open(engine).await;
                let count = || shown(&told, "hanse_order_sagas");
                let age = || shown(&told, "hanse_order_saga_oldest_age_seconds");
                shop.bench.until("no order waits", async || (count(), age()) == (Some(0.0), Some(0.0))).await;
                shop.silent(|s| &mut s.reserve);
                let before = shop.world.now();
                shop.checkout_pending("tok_success").await;
                shop.world.advance(seconds(5));
                let longest = shop.world.now().since(before).as_secs_f64();
                shop.bench
                    .until("one has waited so long", async || age().is_some_and(|age| age >= 5.0))
                    .await;
                assert!(age().is_some_and(|age| age <= longest), "{:?} of {longest}", age());
                assert_eq!(count(), Some(1.0));
                assert!(!told.render().contains("state=\"confirmed\""), "what is at rest is not watched");
            });
        });
    }
}
