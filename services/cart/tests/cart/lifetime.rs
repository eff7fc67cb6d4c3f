//! Thirty days without a change end a cart; each change gives it thirty more.

use crate::shop::{Shop, on_both_engines};
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn rows(shop: &Shop) -> i64 {
    shop.module
        .host
        .db
        .read((), |tx, ()| {
            Box::pin(async move {
                use hanse_database::sql::Sql;
                let count = tx.query_opt("select count(*) from carts", &[], |r| r.get(0)).await?;
                Ok::<i64, hanse_database::DbError>(count.unwrap_or(0))
            })
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_cart_ends_thirty_days_after_its_last_change() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 1)]).await;
        assert_eq!(cart["expires_at"], "2026-12-23T10:00:00Z");
        shop.world.advance(29 * DAY);
        let rolled = shop.patch(&guest, &cart, json!({"email": "ana@example.org"})).await.expect(200);
        assert_eq!(rolled["expires_at"], "2027-01-21T10:00:00Z");
        shop.world.advance(29 * DAY);
        shop.get(&guest, &cart).await.expect(200);
        shop.world.advance(DAY);
        assert_eq!(shop.get(&guest, &cart).await.status.as_u16(), 404);
        shop.host
            .until("it is thrown away", async || {
                shop.world.advance(Duration::from_secs(601));
                rows(&shop).await == 0
            })
            .await;
    })
    .await;
}
