//! What the store has of shoppers is of no use without the shop's keys, and of nobody once a cart is gone.

use crate::shop::{Shop, id, on_both_engines, user, variant};
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{ErasedPerson, RemainsRequest};
use hanse_testkit::Client;
use hanse_user_contract::UserErased;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// All that somebody tells of themselves.
const CANARIES: [&str; 10] = [
    "kanarie@example.org",
    "Kanarie Boksson",
    "Kanariegatan",
    "Kanarieuppgang",
    "Kanarieby",
    "KAN 211",
    "Kanarielan",
    "+46 40 555",
    "kanarie-halsning",
    "kanarie-gravyr",
];

fn nest() -> Value {
    json!({
        "name": "Kanarie Boksson", "line1": "Kanariegatan 1", "line2": "Kanarieuppgang B", "city": "Kanarieby",
        "postal_code": "KAN 211", "region": "Kanarielan", "country": "SE", "phone": "+46 40 5550199",
    })
}

/// A cart of which everything is told.
async fn told(shop: &Shop, shopper: &Client) -> Value {
    let cart = shop.cart(shopper, &[(11, 1)]).await;
    let line = json!({"variant_id": variant(10), "quantity": 1, "metadata": {"text": "kanarie-gravyr"}});
    shopper.post(&format!("/api/store/carts/{}/items", id(&cart)), line).await.expect(200);
    let change = json!({
        "email": "kanarie@example.org", "shipping_address": nest(), "billing_address": nest(),
        "metadata": {"card": "kanarie-halsning"},
    });
    let told = shop.patch(shopper, &cart, change).await.expect(200);
    shop.host.until("the snapshot follows", async || version(shop, &told).await == told["version"]).await;
    told
}

fn sings(text: &str) -> Vec<&'static str> {
    CANARIES.into_iter().filter(|canary| text.contains(canary)).collect()
}

async fn texts(shop: &Shop, sql: &'static str) -> String {
    let read: Result<Vec<String>, DbError> =
        shop.module.host.db.read((), move |tx, ()| Box::pin(tx.query(sql, &[], |r| r.get(0)))).await;
    read.expect("the store answers").join("\n")
}

/// Every text of carts as it stands in the rows.
async fn rows(shop: &Shop) -> String {
    let sql = "select coalesce(email, '') || coalesce(shipping_address, '') || coalesce(billing_address, '') || metadata
               from carts union all select metadata from cart_lines";
    texts(shop, sql).await
}

async fn count(shop: &Shop, sql: &'static str) -> i64 {
    let read: Result<Option<i64>, DbError> =
        shop.module.host.db.read((), move |tx, ()| Box::pin(tx.query_opt(sql, &[], |r| r.get(0)))).await;
    read.expect("the store answers").expect("a count")
}

async fn keys(shop: &Shop) -> i64 {
    count(shop, "select count(*) from person_key").await
}

/// At which version a cart stands in the rows.
async fn version(shop: &Shop, cart: &Value) -> i64 {
    let id: hanse_kernel::CartId = id(cart).parse().unwrap();
    let sql = "select version from carts where id = $1";
    let read: Result<Option<i64>, DbError> = shop
        .module
        .host
        .db
        .read(id, move |tx, id| Box::pin(async move { tx.query_opt(sql, &[id], |r| r.get(0)).await }))
        .await;
    read.expect("the store answers").unwrap_or(0)
}

#[tokio::test]
async fn the_store_tells_nothing_of_shoppers_before_an_erasure_or_after_it() {
    on_both_engines(async |shop| {
        let plain = shop.cart(&shop.guest(), &[(10, 1)]).await;
        assert_eq!(keys(&shop).await, 0, "of whom nothing is told, no key is made");
        let guest = shop.guest();
        let cart = told(&shop, &guest).await;
        assert_eq!(sings(&rows(&shop).await), [""; 0]);
        assert_eq!(sings(&shop.get(&guest, &cart).await.expect(200).to_string()), CANARIES);
        assert_eq!(keys(&shop).await, 1);
        // Its guest logs in: nothing is sealed anew, and nothing is lost.
        let ana = shop.customer(1);
        let hers = shop.get(&ana, &cart).await.expect(200);
        assert_eq!(sings(&hers.to_string()), CANARIES);
        assert_eq!(keys(&shop).await, 1);
        shop.send("user", user(1), &UserErased { user_id: user(1) }).await;
        shop.host.until("her cart is gone", async || version(&shop, &cart).await == 0).await;
        assert_eq!(shop.get(&ana, &cart).await.status.as_u16(), 404);
        assert_eq!((sings(&rows(&shop).await), keys(&shop).await), (vec![], 0));
        shop.get(&guest, &plain).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn the_audit_is_told_of_a_cart_from_before_an_erasure_and_of_none_that_was_filled_in_its_moment() {
    on_both_engines(async |shop| {
        told(&shop, &shop.customer(1)).await;
        let now = shop.host.effects.now().micros();
        let left = async |told_at: i64| {
            let people = vec![ErasedPerson { user_id: user(1).to_string(), told_at }];
            let mut audit = AuditClient::new(shop.host.network_of("order").link("cart"));
            let told = audit.remains(RemainsRequest { people, at_rest_since: now }).await.expect("told");
            told.into_inner().breaches.into_iter().flat_map(|breach| breach.rows).collect::<Vec<_>>()
        };
        assert_eq!(left(now).await, [format!("cart.carts.customer_id = {}", user(1))]);
        assert_eq!(left(now - 3_600_000_000).await, [""; 0], "it was filled after all were told");
        shop.send("user", user(1), &UserErased { user_id: user(1) }).await;
        shop.host.until("her cart is gone", async || left(now).await.is_empty()).await;
    })
    .await;
}

#[tokio::test]
async fn a_key_goes_with_its_cart_when_that_is_merged_or_ends() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1);
        let earlier = told(&shop, &ana).await;
        let guest = told(&shop, &shop.guest()).await;
        assert_eq!(keys(&shop).await, 2);
        let merged = shop.get(&ana, &guest).await.expect(200);
        assert_eq!((sings(&merged.to_string()), id(&merged)), (CANARIES.to_vec(), id(&guest)));
        shop.host.until("nothing of the earlier one is left", async || keys(&shop).await == 1).await;
        assert_eq!(id(&shop.get(&ana, &earlier).await.expect(200)), id(&guest));
        shop.world.advance(31 * DAY);
        shop.host
            .until("all are thrown away, and their keys", async || {
                shop.world.advance(Duration::from_secs(601));
                count(&shop, "select count(*) from carts").await == 0 && keys(&shop).await == 0
            })
            .await;
    })
    .await;
}

#[tokio::test]
async fn what_was_written_before_is_read_and_sealed() {
    on_both_engines(async |shop| {
        if shop.redis.is_some() {
            // There the documents are what is read; a test of theirs has some from before.
            return;
        }
        let ana = shop.customer(1);
        let cart = told(&shop, &ana).await;
        for old in [
            "delete from sealed_table",
            "delete from person_key",
            "update carts set email = 'kanarie@example.org', metadata = '{\"card\": \"kanarie-halsning\"}',
               shipping_address = '{\"name\": \"Kanarie Boksson\", \"line1\": \"Kanariegatan 1\", \"city\": \"Kanarieby\",
                 \"postal_code\": \"KAN 211\", \"country\": \"SE\"}',
               billing_address = null",
            "update cart_lines set metadata = '{\"text\": \"kanarie-gravyr\"}'",
        ] {
            let done: Result<u64, DbError> =
                shop.module.host.db.tx((), move |tx, ()| Box::pin(tx.execute(old, &[]))).await;
            done.expect("written");
        }
        let as_told = shop.get(&ana, &cart).await.expect(200);
        assert_eq!(sings(&as_told.to_string()).len(), 7, "{as_told}");
        assert_eq!(sings(&rows(&shop).await).len(), 7);
        shop.module.host.keeper().round().await.expect("sealed");
        assert_eq!(sings(&rows(&shop).await), [""; 0]);
        assert_eq!(shop.get(&ana, &cart).await.expect(200), as_told);
        assert_eq!(keys(&shop).await, 1);
    })
    .await;
}
