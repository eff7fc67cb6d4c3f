//! An import whose process dies goes on where it was: nothing is taken in twice, nothing is left out.

use crate::shop::{ENGINES, Shop, config};
use hanse_kernel::effects::Clock;
use hanse_kernel::{Effects, Timestamp};
use hanse_runtime::Stop;
use hanse_testkit::TestHost;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The real clock, moved forward by the test.
struct Shifted(Arc<dyn Clock>, Arc<AtomicU64>);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        self.0.now().plus(Duration::from_secs(self.1.load(Ordering::SeqCst)))
    }
}

fn file(products: usize) -> Vec<u8> {
    let mut text = String::from(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Published\n",
    );
    for n in 0..products {
        text.push_str(&format!("p-{n},Product {n},Size,S,P{n}-S,shopify,5,{}.00,TRUE\n", n + 1));
        text.push_str(&format!("p-{n},,,L,P{n}-L,shopify,5,{}.50,\n", n + 1));
    }
    text.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_survives_the_death_of_its_worker() {
    for engine in ENGINES {
        let (real, shift) = (hanse_testkit::effects(), Arc::new(AtomicU64::new(0)));
        let effects = Effects { clock: Arc::new(Shifted(real.clock.clone(), shift.clone())), ..real };
        let shop = Shop::open_with(TestHost::with_effects(engine, effects), config(), false).await;
        let started = shop.upload(&[], &file(150)).await.expect(202);
        let id = started["id"].as_str().unwrap();
        let path = format!("/api/admin/imports/{id}");
        let products =
            async || shop.staff.get("/api/admin/products").await.expect(200)["total"].as_i64().unwrap();
        for enough in [5, 60, 140] {
            // A worker that is cut off in the middle: its task is dropped wherever it is.
            let module = hanse_product::module(shop.module.host.clone(), config()).unwrap();
            let tasks: Vec<_> =
                module.workers.into_iter().map(|w| tokio::spawn((w.run)(Stop::new()))).collect();
            shop.world.until("some products are there", async || products().await >= enough).await;
            tasks.into_iter().for_each(|task| task.abort());
            assert_eq!(shop.staff.get(&path).await.expect(200)["status"], "running");
            shift.fetch_add(300, Ordering::SeqCst);
        }
        let module = hanse_product::module(shop.module.host.clone(), config()).unwrap();
        let tasks: Vec<_> = module.workers.into_iter().map(|w| tokio::spawn((w.run)(Stop::new()))).collect();
        let report = shop.import_ends(id).await;
        tasks.into_iter().for_each(|task| task.abort());
        assert_eq!(report["status"], "done");
        assert_eq!(
            (report["products"]["created"].as_i64(), report["variants"]["created"].as_i64()),
            (Some(150), Some(300))
        );
        assert_eq!(
            (&report["rows_total"], &report["rows_done"]),
            (&serde_json::json!(300), &serde_json::json!(300))
        );
        assert_eq!(products().await, 150);
        shop.listed("/api/store/products", 150).await;
        shop.world.settle().await;
        // What was overdue when the clock moved was asked again, under the same keys.
        let keys: BTreeSet<String> = shop.pricing.asked().into_iter().map(|command| command.key).collect();
        assert_eq!(keys.len(), 150);
        assert_eq!(crate::messages::breaches(&shop).await, Vec::<String>::new());
    }
}
