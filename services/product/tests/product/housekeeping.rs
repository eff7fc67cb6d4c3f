//! What the catalogue throws away by itself.

use crate::shop::{ENGINES, Shop, config, mug};
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::Effects;
use hanse_kernel::effects::ManualClock;
use hanse_runtime::Stop;
use hanse_testkit::TestHost;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn recorded_answers_are_forgotten_after_three_days() {
    for engine in ENGINES {
        let real = hanse_testkit::effects();
        let clock = ManualClock::at(real.now());
        let effects = Effects { clock: clock.clone(), ..real };
        let shop = Shop::open_with(TestHost::with_effects(engine, effects), config(), false).await;
        let recorded = async || {
            let db = &shop.module.host.db;
            let read = db.read((), |tx, ()| {
                Box::pin(async move {
                    tx.query("select count(*) from http_idempotency", &[], |row| row.get::<i64>(0)).await
                })
            });
            let found: Result<Vec<i64>, DbError> = read.await;
            found.unwrap()[0]
        };
        for key in ["monday", "thursday"] {
            let keyed = shop.staff.clone().header("idempotency-key", key);
            keyed.post("/api/admin/products", mug(key, 100)).await.expect(201);
            clock.advance(Duration::from_secs(71 * 3600));
        }
        assert_eq!(recorded().await, 2);
        let module = hanse_product::module(shop.module.host.clone(), config()).unwrap();
        let stop = Stop::new();
        let loops: Vec<_> = module.workers.into_iter().map(|w| tokio::spawn((w.run)(stop.clone()))).collect();
        shop.world.until("the old answer is forgotten", async || recorded().await == 1).await;
        stop.now();
        for task in loops {
            task.await.unwrap();
        }
        assert_eq!(recorded().await, 1, "the younger one is kept");
    }
}
