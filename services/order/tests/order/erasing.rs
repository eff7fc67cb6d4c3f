//! Somebody is erased: their orders stay for the books, and what says whose they were goes once they have ended.

use crate::shop::{ENGINES, Placed, Shop, seconds};
use hanse_kernel::{Actor, UserId};
use hanse_order_contract::rpc::GetForMailRequest;
use hanse_order_contract::rpc::orders_client::OrdersClient;
use hanse_testkit::Client;
use hanse_user_contract::UserErased;
use serde_json::{Value, json};
use uuid::Uuid;

fn ana() -> UserId {
    UserId::new(Uuid::from_u128(9))
}

struct Bought {
    placed: Placed,
    customer: Client,
    body: Value,
}

async fn buys(shop: &Shop) -> Bought {
    let cart = shop.cart_of(Some(ana()));
    let customer = shop.order.client(Actor::Customer { user: ana() }).header("idempotency-key", "k");
    let body = shop.body(cart, "tok_success");
    let placed = customer.post("/api/store/checkout", body.clone()).await.expect(201);
    Bought { placed: Placed::of(placed, cart), customer, body }
}

async fn is_sent(shop: &Shop, placed: &Placed) {
    let items: Vec<Value> = [(0, 2), (1, 1)]
        .into_iter()
        .map(|(n, quantity)| json!({"item_id": placed.body["items"][n]["id"], "quantity": quantity}))
        .collect();
    let body = json!({"items": items, "tracking": "PN 1"});
    assert_eq!(shop.staff_post(placed.id, "fulfil", body).await.expect(200)["status"], "fulfilled");
}

async fn mail(shop: &Shop, placed: &Placed) -> Result<String, tonic::Code> {
    let mut orders = OrdersClient::new(shop.bench.network_of("notification").link("order"));
    let ask = GetForMailRequest { order_id: placed.id.to_string() };
    let mail = orders.get_for_mail(ask).await.map_err(|status| status.code())?.into_inner();
    assert_eq!(mail.user_id, ana().to_string());
    Ok(mail.email)
}

fn is_stripped(shown: &Value) {
    for gone in ["email", "shipping_address", "billing_address"] {
        assert!(shown[gone].is_null(), "{gone}: {shown}");
    }
    assert_eq!((&shown["metadata"], &shown["items"][0]["metadata"]), (&json!({}), &json!({})));
    assert_eq!((&shown["totals"]["total"]["amount"], &shown["country"]), (&json!(4090), &json!("SE")));
    assert_eq!(shown["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn who_is_forgotten_leaves_no_personal_data_behind() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let Bought { placed, customer, body } = buys(&shop).await;
        is_sent(&shop, &placed).await;
        assert_eq!(mail(&shop, &placed).await.as_deref(), Ok("ana@example.org"));
        for _ in 0..2 {
            shop.bench.send("user", ana(), &UserErased { user_id: ana() }).await;
        }
        let shown = shop.show(placed.id).await;
        is_stripped(&shown);
        assert!(shown["shipments"][0]["tracking"].is_null(), "{shown}");
        assert_eq!(mail(&shop, &placed).await, Err(tonic::Code::NotFound));
        // Nor does the recorded answer keep any.
        let replayed = customer.post("/api/store/checkout", body).await;
        assert!(!String::from_utf8_lossy(&replayed.bytes).contains("ana@example.org"), "{}", replayed.json());
    }
}

#[tokio::test]
async fn an_order_on_its_way_keeps_its_address_until_it_has_arrived() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let Bought { placed, .. } = buys(&shop).await;
        shop.bench.send("user", ana(), &UserErased { user_id: ana() }).await;
        let shown = shop.show(placed.id).await;
        assert_eq!(shown["shipping_address"]["line1"], "Storgatan 1");
        assert_eq!(mail(&shop, &placed).await.as_deref(), Ok("ana@example.org"));
        is_sent(&shop, &placed).await;
        let gone = async || shop.show(placed.id).await["email"].is_null();
        shop.after(seconds(5), "the address to go once the goods are sent", gone).await;
        is_stripped(&shop.show(placed.id).await);
    }
}

#[tokio::test]
async fn an_order_that_never_ends_is_stripped_after_ninety_days() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let Bought { placed, .. } = buys(&shop).await;
        shop.bench.send("user", ana(), &UserErased { user_id: ana() }).await;
        let gone = async || shop.show(placed.id).await["email"].is_null();
        shop.after(seconds(89 * 24 * 3600), "nothing", async || true).await;
        assert!(!gone().await, "too early");
        shop.after(seconds(24 * 3600 + 60), "the address to go all the same", gone).await;
        let shown = shop.show(placed.id).await;
        is_stripped(&shown);
        assert_eq!(shown["status"], "confirmed");
    }
}
