//! Redis, where carts are kept, is away: what shoppers and checkout are told.

use crate::shop::{Shop, customer, id, open};
use hanse_cart_contract::rpc::GetSnapshotRequest;
use hanse_database::Engine;
use hanse_redis::RedisConfig;
use hanse_testkit::private_redis::{self, PrivateRedis};
use serde_json::{Value, json};

async fn shop() -> (Shop, PrivateRedis) {
    let server = private_redis::start().expect("a server");
    let shop = open(Engine::Postgres, Some(RedisConfig::new(server.url()))).await;
    (shop, server)
}

/// The version of the cart's snapshot, as the database has it.
async fn snapshot_of(shop: &Shop, cart: &Value) -> i64 {
    let id: hanse_kernel::CartId = id(cart).parse().unwrap();
    let found = shop.module.host.db.read(id, |tx, id| {
        Box::pin(async move {
            use hanse_database::sql::Sql;
            let version =
                tx.query_opt("select version from carts where id = $1", &[id], |r| r.get(0)).await?;
            Ok::<i64, hanse_database::DbError>(version.unwrap_or(0))
        })
    });
    found.await.unwrap()
}

#[tokio::test]
async fn carts_are_shown_and_ordered_from_their_snapshots_and_not_changed() {
    let (shop, mut server) = shop().await;
    let guest = shop.guest();
    let cart = shop.cart(&guest, &[(10, 2)]).await;
    shop.host.until("the snapshot is written", async || snapshot_of(&shop, &cart).await == 2).await;
    server.kill().expect("killed");
    let seen = shop.get(&guest, &cart).await.expect(200);
    assert_eq!(
        (&seen["version"], &seen["items"], &seen["totals"]),
        (&cart["version"], &cart["items"], &cart["totals"])
    );
    // Also for a customer whose it will be.
    assert_eq!(shop.get(&shop.customer(1), &cart).await.expect(200)["version"], 2);
    let refused = shop.add(&guest, &cart, 11, 1).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (503, "unavailable"));
    assert!(refused.headers.contains_key("retry-after"));
    let opened = guest.post("/api/store/carts", json!({})).await;
    assert_eq!(opened.status.as_u16(), 503);
    let asked = GetSnapshotRequest { cart_id: id(&cart).into(), customer_id: String::new() };
    let snapshot = shop.carts().get_snapshot(asked).await.unwrap().into_inner();
    assert_eq!((snapshot.version, snapshot.lines.len()), (2, 1));
    server.restart().expect("back");
    shop.host
        .until("it can be changed again", async || {
            let answer = shop.add(&guest, &cart, 11, 1).await;
            answer.status.as_u16() == 200
        })
        .await;
    let bound = shop.get(&shop.customer(1), &cart).await.expect(200);
    assert_eq!(bound["items"].as_array().unwrap().len(), 2);
    assert_eq!(shop.get(&guest, &cart).await.status.as_u16(), 404, "it is the customer's now");
    shop.get(&shop.module.client(customer(1)), &cart).await.expect(200);
}
