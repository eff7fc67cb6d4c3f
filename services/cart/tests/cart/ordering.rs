//! What an order does to the cart it was made from.

use crate::shop::{Shop, id, lines, on_both_engines, user, variant};
use hanse_cart_contract::rpc::GetSnapshotRequest;
use hanse_kernel::{Currency, ItemId, Money, OrderId};
use hanse_order_contract::{OrderConfirmed, OrderLine, OrderPersonErased};
use hanse_rpc::audit::ExamineRequest;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_user_contract::UserErased;
use serde_json::{Value, json};
use uuid::Uuid;

fn order(n: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(n))
}

/// The order that the cart, as it is now, would make.
fn confirmed(n: u128, cart: &Value) -> OrderConfirmed {
    let line = |item: &Value| OrderLine {
        item_id: item["id"].as_str().unwrap().parse::<ItemId>().unwrap(),
        variant_id: item["variant_id"].as_str().unwrap().parse().unwrap(),
        quantity: item["quantity"].as_i64().unwrap(),
    };
    OrderConfirmed {
        order_id: order(n),
        number: format!("H-{n}"),
        channel: Default::default(),
        cart_id: id(cart).parse().unwrap(),
        customer_id: None,
        total: Money::new(0, Currency::EUR),
        lines: cart["items"].as_array().unwrap().iter().map(line).collect(),
        discount_codes: cart["discount_codes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c.as_str().unwrap().into())
            .collect(),
        placed_at: Default::default(),
    }
}

async fn applied(shop: &Shop, cart: &Value) -> Vec<String> {
    let question = GetSnapshotRequest { cart_id: id(cart).into(), customer_id: String::new() };
    shop.carts().get_snapshot(question).await.unwrap().into_inner().applied_orders
}

#[tokio::test]
async fn what_was_bought_leaves_and_what_a_second_tab_added_stays() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 2), (11, 1)]).await;
        let cart = shop.patch(&guest, &cart, json!({"discount_codes": ["WELCOME", "BIG"]})).await.expect(200);
        let mut bought = confirmed(1, &cart);
        bought.discount_codes = vec!["WELCOME".into()];
        shop.add(&guest, &cart, 10, 3).await.expect(200);
        shop.add(&guest, &cart, 12, 1).await.expect(200);
        shop.send("order", order(1), &bought).await;
        let left = shop.get(&guest, &cart).await.expect(200);
        assert_eq!((lines(&left), &left["discount_codes"]), (vec![(10, 3), (12, 1)], &json!(["BIG"])));
        assert_eq!(applied(&shop, &cart).await, [order(1).to_string()]);
        // Told again, under a new message: nothing more is taken.
        let version = left["version"].clone();
        shop.send("order", order(1), &bought).await;
        let still = shop.get(&guest, &cart).await.expect(200);
        assert_eq!((lines(&still), &still["version"]), (vec![(10, 3), (12, 1)], &version));
        shop.send("order", order(2), &confirmed(2, &still)).await;
        let empty = shop.get(&guest, &cart).await.expect(200);
        assert!(lines(&empty).is_empty());
        assert_eq!(applied(&shop, &cart).await, [order(1).to_string(), order(2).to_string()]);
    })
    .await;
}

#[tokio::test]
async fn a_line_taken_out_meanwhile_is_no_obstacle() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let cart = shop.cart(&guest, &[(10, 2), (11, 1)]).await;
        let bought = confirmed(1, &cart);
        let item =
            format!("/api/store/carts/{}/items/{}", id(&cart), cart["items"][0]["id"].as_str().unwrap());
        guest.patch(&item, json!({"quantity": 1})).await.expect(200);
        shop.send("order", order(1), &bought).await;
        assert!(lines(&shop.get(&guest, &cart).await.expect(200)).is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_order_of_a_merged_cart_is_taken_out_of_the_one_that_took_it_in() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1);
        let earlier = shop.cart(&ana, &[(10, 1), (11, 4)]).await;
        let bought = confirmed(1, &earlier);
        let guest = shop.cart(&shop.guest(), &[(10, 2)]).await;
        shop.get(&ana, &guest).await.expect(200);
        shop.send("order", order(1), &bought).await;
        assert_eq!(lines(&shop.get(&ana, &guest).await.expect(200)), [(10, 2)]);
        let question = GetSnapshotRequest { cart_id: id(&guest).into(), customer_id: user(1).to_string() };
        let snapshot = shop.carts().get_snapshot(question).await.unwrap().into_inner();
        assert_eq!(snapshot.applied_orders, [order(1).to_string()]);
        assert_eq!(snapshot.merged_carts, [id(&earlier)]);
    })
    .await;
}

#[tokio::test]
async fn an_order_that_was_taken_out_before_the_merge_is_known_after_it() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1);
        let earlier = shop.cart(&ana, &[(10, 1), (11, 4)]).await;
        let bought = confirmed(1, &earlier);
        shop.add(&ana, &earlier, 12, 1).await.expect(200);
        shop.send("order", order(1), &bought).await;
        let guest = shop.cart(&shop.guest(), &[(10, 2)]).await;
        assert_eq!(lines(&shop.get(&ana, &guest).await.expect(200)), [(10, 2), (12, 1)]);
        let question = GetSnapshotRequest { cart_id: id(&guest).into(), customer_id: user(1).to_string() };
        let snapshot = shop.carts().get_snapshot(question).await.unwrap().into_inner();
        assert_eq!(snapshot.applied_orders, [order(1).to_string()]);
    })
    .await;
}

#[tokio::test]
async fn an_order_of_a_cart_that_is_gone_is_noted_all_the_same() {
    on_both_engines(async |shop| {
        let cart = shop.cart(&shop.guest(), &[(10, 1)]).await;
        let bought = confirmed(1, &cart);
        shop.world.advance(std::time::Duration::from_secs(31 * 24 * 3600));
        shop.send("order", order(1), &bought).await;
        shop.world.advance(std::time::Duration::from_secs(60));
        let mut audit = AuditClient::new(shop.host.network_of("hanse").link("cart"));
        let question = ExamineRequest { at_rest_since: shop.world.now().micros(), ..Default::default() };
        let found = audit.examine(question).await.unwrap().into_inner();
        assert!(found.breaches.is_empty(), "{:?}", found.breaches);
        assert_eq!(found.facts.len(), 1);
        assert_eq!(
            (found.facts[0].kind.as_str(), found.facts[0].subject.clone()),
            ("cart_applied", order(1).to_string())
        );
        let json: Value = serde_json::from_str(&found.facts[0].json).unwrap();
        assert_eq!(json, json!({"cart_id": cart["id"], "times": 1}));
    })
    .await;
}

#[tokio::test]
async fn an_erased_customers_carts_are_destroyed() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1);
        let hers = shop.cart(&ana, &[(10, 1)]).await;
        let his = shop.cart(&shop.customer(2), &[(10, 1)]).await;
        shop.send("user", user(1), &UserErased { user_id: user(1) }).await;
        assert_eq!(shop.get(&ana, &hers).await.status.as_u16(), 404);
        shop.get(&shop.customer(2), &his).await.expect(200);
        assert_eq!(variant(10).to_string(), his["items"][0]["variant_id"]);
    })
    .await;
}

#[tokio::test]
async fn an_erased_guests_cart_is_destroyed_unless_it_has_become_a_customers() {
    on_both_engines(async |shop| {
        let (guest, ana) = (shop.guest(), shop.customer(1));
        let theirs = shop.cart(&guest, &[(10, 1)]).await;
        let hers = shop.cart(&guest, &[(11, 1)]).await;
        let merged = shop.cart(&ana, &[(12, 1)]).await;
        // She logs in with what she had put together as a guest; what she had before goes into it.
        let bound = shop.get(&ana, &hers).await.expect(200);
        let bought = confirmed(1, &theirs);
        for cart in [&theirs, &hers, &merged] {
            let erased = OrderPersonErased { order_id: order(1), cart_id: id(cart).parse().unwrap() };
            for _ in 0..2 {
                shop.send("order", order(1), &erased).await;
            }
        }
        assert_eq!(shop.get(&guest, &theirs).await.status.as_u16(), 404);
        let still = shop.get(&ana, &hers).await.expect(200);
        assert_eq!(lines(&still), lines(&bound));
        // What was ordered of it before is taken out of nothing.
        shop.send("order", order(1), &bought).await;
        assert_eq!(shop.get(&guest, &theirs).await.status.as_u16(), 404);
    })
    .await;
}
