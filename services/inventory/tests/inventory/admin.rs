//! What staff do over REST.

use crate::shop::{ENGINES, Shop};
use hanse_inventory::{InventoryConfig, MIGRATIONS, module};
use hanse_kernel::Actor;
use hanse_testkit::{Engine, TestHost};
use serde_json::json;

const ADJUST: &str = "/api/admin/inventory/adjustments";

#[tokio::test]
async fn every_route_refuses_strangers() {
    let bench = TestHost::new(Engine::Sqlite);
    let host = bench.host("inventory", MIGRATIONS).await;
    let module = module(host, InventoryConfig::default()).unwrap();
    assert_eq!(module.routes.unguarded().await, Vec::<String>::new());
    assert_eq!(module.routes.table.len(), 5);
}

#[tokio::test]
async fn a_count_is_changed_once_per_key_and_kept_in_the_ledger() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(10).await;
        let staff = shop.staff();
        let delivery = json!({"variant_id": mug, "delta": 5, "reason": "delivery"});
        let keyed = staff.clone().header("idempotency-key", "one");
        let first = keyed.post(ADJUST, delivery.clone()).await;
        let again = keyed.post(ADJUST, delivery.clone()).await;
        assert_eq!((first.status.as_u16(), &first.bytes), (201, &again.bytes));
        assert_eq!((&first.json()["on_hand"], &first.json()["available"]), (&15.into(), &15.into()));
        assert_eq!(
            keyed.post(ADJUST, json!({"variant_id": mug, "delta": 6, "reason": "x"})).await.status,
            422
        );
        assert_eq!(staff.post(ADJUST, delivery).await.code(), "idempotency_key_missing");

        shop.place(shop.order(), &[(mug, 4)]).await;
        let counted = json!({"variant_id": mug, "set_on_hand": 3, "reason": "counted"});
        let keyed = staff.clone().header("idempotency-key", "two");
        assert_eq!(keyed.post(ADJUST, counted).await.code(), "stock_committed");
        let counted = json!({"variant_id": mug, "set_on_hand": 12, "reason": "counted"});
        let counted = keyed.post(ADJUST, counted).await.expect(201);
        assert_eq!((&counted["delta"], &counted["available"]), (&(-3).into(), &8.into()));

        let ledger = staff.get(&format!("{ADJUST}?variant_id={mug}&limit=2")).await.expect(200);
        let deltas: Vec<_> = ledger["items"].as_array().unwrap().iter().map(|i| i["delta"].clone()).collect();
        assert_eq!(deltas, [json!(-3), json!(5)]);
        let next = ledger["next_cursor"].as_str().unwrap();
        let rest = staff.get(&format!("{ADJUST}?variant_id={mug}&cursor={next}")).await.expect(200);
        assert_eq!((&rest["items"][0]["origin"], &rest["next_cursor"]), (&"import".into(), &json!(null)));
        assert!(rest["items"][0]["actor"].as_str().unwrap().starts_with("service:"));
        shop.audit().await;
    }
}

#[tokio::test]
async fn bad_input_is_named_and_changes_nothing() {
    let shop = Shop::open(Engine::Sqlite).await;
    let mug = shop.variant(10).await;
    let staff = shop.staff().header("idempotency-key", "k");
    for (body, status, code) in [
        (json!({"variant_id": mug, "reason": "x"}), 422, "validation"),
        (json!({"variant_id": mug, "delta": 1, "set_on_hand": 1, "reason": "x"}), 422, "validation"),
        (json!({"variant_id": mug, "delta": 1, "reason": " "}), 422, "validation"),
        (json!({"variant_id": mug, "delta": 1, "reason": "a\u{7}b"}), 422, "validation"),
        (json!({"variant_id": mug, "delta": 1.5, "reason": "x"}), 422, "validation"),
        (json!({"variant_id": "var_1", "delta": 1, "reason": "x"}), 422, "validation"),
        (json!({"variant_id": mug, "delta": 1, "reason": "x", "who": "me"}), 422, "unknown_field"),
        (json!({"variant_id": mug, "delta": i64::MIN, "reason": "x"}), 409, "on_hand_out_of_range"),
        (json!({"variant_id": mug, "delta": -11, "reason": "x"}), 409, "stock_committed"),
        (
            json!({"variant_id": shop.order().to_string().replace("ord_", "var_"), "delta": 1, "reason": "x"}),
            422,
            "validation",
        ),
        (
            json!({"variant_id": mug, "location_id": "loc_00000000000000000000000000000001", "delta": 1, "reason": "x"}),
            422,
            "validation",
        ),
    ] {
        let answer = staff.post(ADJUST, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{body}");
    }
    assert_eq!(shop.counts(mug).await, [10, 0, 0, 0, 0]);
    let reader = shop.inventory.client(Actor::Anonymous);
    assert_eq!(reader.get("/api/admin/inventory").await.status, 401);
    assert_eq!(staff.get("/api/admin/inventory?cursor=zz").await.status, 422);
    assert_eq!(staff.get("/api/admin/inventory?limit=101").await.status, 422);
}

#[tokio::test]
async fn an_order_is_served_from_all_locations_in_their_sequence() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let mug = shop.variant(2).await;
        let staff = shop.staff().header("idempotency-key", "store");
        let annex = staff.post("/api/admin/inventory/locations", json!({"name": "Annex"})).await.expect(201);
        let taken = shop.staff().header("idempotency-key", "other");
        assert_eq!(
            taken.post("/api/admin/inventory/locations", json!({"name": "Annex"})).await.code(),
            "name_taken"
        );
        let body = json!({"variant_id": mug, "location_id": annex["id"], "delta": 3, "reason": "delivery"});
        assert_eq!(staff.post(ADJUST, body).await.expect(201)["available"], 5);

        let order = shop.order();
        shop.place(order, &[(mug, 4)]).await;
        let page = shop.staff().get("/api/admin/inventory?limit=1").await.expect(200);
        let next = page["next_cursor"].as_str().unwrap();
        let rest = shop.staff().get(&format!("/api/admin/inventory?cursor={next}")).await.expect(200);
        let reserved =
            |p: &serde_json::Value| (p["items"][0]["available"].clone(), p["items"][0]["reserved"].clone());
        assert_eq!((reserved(&page), reserved(&rest)), ((json!(0), json!(2)), (json!(1), json!(2))));
        shop.release(order).await;
        let page = shop.staff().get("/api/admin/inventory").await.expect(200);
        assert_eq!((&page["items"][0]["available"], &page["items"][1]["available"]), (&json!(2), &json!(3)));
        let all = shop.staff().get("/api/admin/inventory/locations").await.expect(200);
        assert_eq!((&all["items"][0]["name"], &all["items"][1]["name"]), (&json!("main"), &json!("Annex")));
        shop.audit().await;
    }
}
