//! An import whose process dies goes on where it was: nothing is taken in twice, nothing is left out.

use crate::shop::{ENGINES, Shop, config};
use hanse_kernel::effects::Clock;
use hanse_kernel::{Effects, Timestamp};
use hanse_product::ProductConfig;
use hanse_runtime::Stop;
use hanse_testkit::TestHost;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// The real clock, moved forward by the test.
struct Shifted(Arc<dyn Clock>, Arc<AtomicU64>);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        self.0.now().plus(Duration::from_secs(self.1.load(Ordering::SeqCst)))
    }
}

fn shifted() -> (Effects, Arc<AtomicU64>) {
    let (real, shift) = (hanse_testkit::effects(), Arc::new(AtomicU64::new(0)));
    (Effects { clock: Arc::new(Shifted(real.clock.clone(), shift.clone())), ..real }, shift)
}

fn file(products: usize) -> Vec<u8> {
    let mut text = String::from(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Published,Image Src\n",
    );
    for n in 0..products {
        text.push_str(&format!(
            "p-{n},Product {n},Size,S,P{n}-S,shopify,5,{}.00,TRUE,http://img.example/{n}.png\n",
            n + 1
        ));
        text.push_str(&format!("p-{n},,,L,P{n}-L,shopify,5,{}.50,,sample:no-such-{n}\n", n + 1));
    }
    text.into_bytes()
}

/// Runs the module's own loops until they are aborted, as a process would that is killed.
fn running(shop: &Shop, config: ProductConfig) -> Vec<JoinHandle<()>> {
    let module = hanse_product::module(shop.module.host.clone(), config).unwrap();
    module.workers.into_iter().map(|w| tokio::spawn((w.run)(Stop::new()))).collect()
}

/// They are gone when this returns: none renews its lease any more.
async fn kill(process: Vec<JoinHandle<()>>) {
    for task in process {
        task.abort();
        assert!(task.await.is_err_and(|e| e.is_cancelled()));
    }
}

/// Two processes, one after the other: the first is killed in the middle of an import.
async fn killed_in_the_middle(shop: &Shop, config: &ProductConfig) -> String {
    let report = shop.upload(&[], &file(150)).await.expect(202);
    let products =
        async || shop.staff.get("/api/admin/products").await.expect(200)["total"].as_i64().unwrap();
    let process = running(shop, config.clone());
    shop.world.until("some products are there", async || products().await >= 5).await;
    kill(process).await;
    let id = report["id"].as_str().unwrap().to_string();
    assert_eq!(shop.staff.get(&format!("/api/admin/imports/{id}")).await.expect(200)["status"], "running");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_process_of_a_shop_takes_a_broken_import_up_at_once() {
    for engine in ENGINES {
        let config = ProductConfig { only_process: true, ..config() };
        // Its lease would last longer than the test has patience.
        let shop = Shop::open_with(TestHost::new(engine), config.clone(), false).await;
        let id = killed_in_the_middle(&shop, &config).await;
        let process = running(&shop, config);
        let report = shop.import_ends(&id).await;
        process.into_iter().for_each(|task| task.abort());
        assert_eq!((&report["status"], &report["products"]["created"]), (&json!("done"), &json!(150)));
        // What there was to tell of the products before is told all the same.
        let told =
            |code: &str| report["problems"].as_array().unwrap().iter().filter(|p| p["code"] == code).count();
        assert_eq!((told("image_not_secure"), told("image_unknown")), (150, 150));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_of_several_waits_for_the_lease_of_another() {
    for engine in ENGINES {
        let (effects, shift) = shifted();
        let shop = Shop::open_with(TestHost::with_effects(engine, effects), config(), false).await;
        let id = killed_in_the_middle(&shop, &config()).await;
        let path = format!("/api/admin/imports/{id}");
        let process = running(&shop, config());
        // The oldest goes first: when a later one has been run, the first has been left alone.
        shop.upload(&[("dry_run", "true")], b"Handle,Title,Variant Price\np,P,1\n").await.expect(202);
        shop.world
            .until("another import has been run", async || {
                let all = shop.staff.get("/api/admin/imports").await.expect(200);
                all["items"].as_array().unwrap().iter().any(|run| run["status"] == "done")
            })
            .await;
        assert_eq!(shop.staff.get(&path).await.expect(200)["status"], "running");
        shift.fetch_add(31, Ordering::SeqCst);
        assert_eq!(shop.import_ends(&id).await["products"]["created"], 150);
        process.into_iter().for_each(|task| task.abort());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_survives_the_death_of_its_worker() {
    for engine in ENGINES {
        let (effects, shift) = shifted();
        let shop = Shop::open_with(TestHost::with_effects(engine, effects), config(), false).await;
        let started = shop.upload(&[], &file(150)).await.expect(202);
        let id = started["id"].as_str().unwrap();
        let path = format!("/api/admin/imports/{id}");
        let products =
            async || shop.staff.get("/api/admin/products").await.expect(200)["total"].as_i64().unwrap();
        for enough in [5, 60, 140] {
            // A worker that is cut off in the middle: its task is dropped wherever it is.
            let tasks = running(&shop, config());
            shop.world.until("some products are there", async || products().await >= enough).await;
            kill(tasks).await;
            assert_eq!(shop.staff.get(&path).await.expect(200)["status"], "running");
            shift.fetch_add(300, Ordering::SeqCst);
        }
        let tasks = running(&shop, config());
        let report = shop.import_ends(id).await;
        tasks.into_iter().for_each(|task| task.abort());
        assert_eq!(report["status"], "done");
        assert_eq!(
            (report["products"]["created"].as_i64(), report["variants"]["created"].as_i64()),
            (Some(150), Some(300))
        );
        assert_eq!((&report["rows_total"], &report["rows_done"]), (&json!(300), &json!(300)));
        assert_eq!(products().await, 150);
        shop.listed("/api/store/products", 150).await;
        shop.world.settle().await;
        // What was overdue when the clock moved was asked again, under the same keys.
        let keys: BTreeSet<String> = shop.pricing.asked().into_iter().map(|command| command.key).collect();
        assert_eq!(keys.len(), 150);
        assert_eq!(crate::messages::breaches(&shop).await, Vec::<String>::new());
    }
}
