//! The wire: the whole cart as clients rely on it, the questions of other services, the access of every route.

use crate::shop::{STANDARD, id, malmo, on_both_engines};
use hanse_cart_contract::rpc::GetSnapshotRequest;
use serde_json::{Value, json};

#[tokio::test]
async fn the_example_of_the_api() {
    on_both_engines(async |shop| {
        let guest = shop.guest();
        let empty = guest.post("/api/store/carts", json!({})).await;
        assert_eq!(empty.headers["location"], format!("/api/store/carts/{}", id(&empty.json())));
        assert_eq!(empty.headers["etag"], "\"1\"");
        insta::assert_json_snapshot!("empty", empty.json(), {".id" => "[cart]"});
        let cart = shop.cart(&guest, &[(10, 2)]).await;
        let change = json!({"email": "ana@example.org", "shipping_address": malmo(), "shipping_method_id": STANDARD,
            "discount_codes": ["WELCOME"]});
        let cart = shop.patch(&guest, &cart, change).await.expect(200);
        assert_eq!(cart["totals"]["total"], json!({"amount": 2650, "currency": "EUR"}));
        assert_eq!(cart["totals"]["tax"], json!({"amount": 530, "currency": "EUR"}));
        insta::assert_json_snapshot!("cart", cart, {".id" => "[cart]", ".items[].id" => "[item]"});
        let methods = guest.get(&format!("/api/store/carts/{}/shipping-methods", id(&cart))).await.expect(200);
        insta::assert_json_snapshot!("shipping_methods", methods);
        let cleared = shop.patch(&guest, &cart, json!({"email": null, "shipping_address": null})).await.expect(200);
        assert_eq!((&cleared["email"], &cleared["shipping_address"]), (&Value::Null, &Value::Null));
        assert_eq!(cleared["shipping_method_id"], STANDARD);
    })
    .await;
}

#[tokio::test]
async fn other_services_see_the_snapshot_and_the_same_body() {
    on_both_engines(async |shop| {
        let ana = shop.customer(1).locale("de");
        let cart = shop.cart(&ana, &[(10, 2)]).await;
        let change =
            json!({"email": "ana@example.org", "shipping_address": malmo(), "shipping_method_id": STANDARD});
        let cart = shop.patch(&ana, &cart, change).await.expect(200);
        let ask = || GetSnapshotRequest {
            cart_id: id(&cart).into(),
            customer_id: crate::shop::user(1).to_string(),
        };
        let mut snapshot = shop.carts().get_snapshot(ask()).await.unwrap().into_inner();
        assert_eq!(
            (snapshot.cart_id.as_str(), snapshot.lines[0].item_id.as_str()),
            (id(&cart), cart["items"][0]["id"].as_str().unwrap())
        );
        (snapshot.cart_id, snapshot.lines[0].item_id) = ("[cart]".into(), "[item]".into());
        insta::assert_debug_snapshot!("snapshot", snapshot);
        let ctx = {
            let mut ctx = shop.host.ctx(hanse_kernel::Actor::Anonymous);
            ctx.locale = hanse_kernel::Locale::new("de");
            ctx
        };
        let asked = hanse_rpc::request(&ctx, &*shop.host.effects.clock, ask());
        let shown = shop.carts().show(asked).await.unwrap().into_inner();
        assert_eq!(serde_json::from_str::<Value>(&shown.json).unwrap(), cart);
        let foreign = GetSnapshotRequest { customer_id: String::new(), ..ask() };
        assert_eq!(shop.carts().show(foreign).await.unwrap_err().code(), tonic::Code::NotFound);
    })
    .await;
}

#[tokio::test]
async fn every_route_is_for_anybody_and_its_body_says_no_more_than_it_should() {
    on_both_engines(async |shop| {
        let paths: Vec<String> = shop
            .module
            .table
            .iter()
            .map(|r| format!("{} {} {}", r.method, r.path, r.access.label()))
            .collect();
        insta::assert_snapshot!("routes", paths.join("\n"));
    })
    .await;
}
