//! Somebody is erased, or a guest by one of their orders: orders stay for the books, and what says whose they were goes once they
//! have ended.

use crate::shop::{ENGINES, Placed, Shop, seconds};
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::{Actor, OrderId, Permission, UserId};
use hanse_order_contract::OrderPersonErased;
use hanse_order_contract::rpc::GetForMailRequest;
use hanse_order_contract::rpc::orders_client::OrdersClient;
use hanse_rpc::audit::audit_client::AuditClient;
use hanse_rpc::audit::{ErasedPerson, RemainsRequest};
use hanse_testkit::Client;
use hanse_user_contract::UserErased;
use serde_json::{Value, json};
use std::sync::Arc;
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

/// Staff ask for a guest to be forgotten: status and code.
async fn erases(shop: &Shop, order: OrderId) -> (u16, String) {
    let answer = shop.staff().post(&format!("/api/admin/orders/{order}/erase-person"), Value::Null).await;
    (answer.status.as_u16(), answer.code())
}

fn taken() -> (u16, String) {
    (202, String::new())
}

async fn count(shop: &Shop, sql: &'static str) -> i64 {
    let read: Result<Option<i64>, DbError> =
        shop.order.host.db.read((), move |tx, ()| Box::pin(tx.query_opt(sql, &[], |r| r.get(0)))).await;
    read.expect("the store answers").expect("a row")
}

/// Keys of guests' orders, and of customers.
const KEYS: &str = "select count(*) from person_key where subject in (select id from orders)
                    or subject in (select customer_id from orders)";

#[tokio::test]
async fn a_guest_is_erased_by_an_order_that_has_ended_once_and_others_are_told() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (placed, other) = (shop.checkout("tok_success").await, shop.checkout("tok_success").await);
        is_sent(&shop, &placed).await;
        assert_eq!(count(&shop, KEYS).await, 2);
        for _ in 0..2 {
            assert_eq!(erases(&shop, placed.id).await, taken());
        }
        is_stripped(&shop.show(placed.id).await);
        assert!(shop.show(placed.id).await["shipments"][0]["tracking"].is_null());
        assert_eq!(
            shop.show(other.id).await["email"],
            "ana@example.org",
            "another order of theirs is another"
        );
        assert_eq!(count(&shop, KEYS).await, 1, "that of the other order");
        shop.bench.settle().await;
        let told = OrderPersonErased { order_id: placed.id, cart_id: placed.cart };
        assert_eq!(shop.bench.published_of::<OrderPersonErased>(), [told]);
        let written = "select count(*) from record_entry where action = 'order.person_erased'";
        assert_eq!(count(&shop, written).await, 1);
        assert_eq!(count(&shop, "select count(*) from orders_to_forget").await, 0);
        // The books are as they were, and money may still go back; words about it are not kept.
        let refund = json!({"reason": "came back broken"});
        assert!(matches!(shop.staff_post(placed.id, "refund", refund).await.status.as_u16(), 200 | 202));
        shop.until_state(placed.id, "refunded").await;
        assert_eq!(count(&shop, "select count(*) from order_refunds where reason <> ''").await, 0);
        assert_eq!(erases(&shop, placed.id).await, taken());
        assert_eq!(count(&shop, KEYS).await, 1);
        assert_eq!(count(&shop, written).await, 1, "there was nobody left");
    }
}

#[tokio::test]
async fn a_guests_order_on_its_way_is_stripped_when_it_has_ended() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        for _ in 0..2 {
            assert_eq!(erases(&shop, placed.id).await, taken());
        }
        shop.bench.settle().await;
        assert_eq!(shop.bench.published_of::<OrderPersonErased>().len(), 1);
        assert_eq!(shop.show(placed.id).await["shipping_address"]["line1"], "Storgatan 1");
        is_sent(&shop, &placed).await;
        let gone = async || shop.show(placed.id).await["email"].is_null();
        shop.after(seconds(5), "the address to go once the goods are sent", gone).await;
        is_stripped(&shop.show(placed.id).await);
        assert_eq!(count(&shop, KEYS).await, 0);
        assert_eq!(count(&shop, "select count(*) from orders_to_forget").await, 0);
        // One that never ends.
        let waiting = shop.checkout("tok_success").await;
        assert_eq!(erases(&shop, waiting.id).await, taken());
        let gone = async || shop.show(waiting.id).await["email"].is_null();
        shop.after(seconds(89 * 24 * 3600), "nothing", async || true).await;
        assert!(!gone().await, "too early");
        shop.after(seconds(24 * 3600 + 60), "the address to go all the same", gone).await;
        is_stripped(&shop.show(waiting.id).await);
    }
}

#[tokio::test]
async fn an_order_of_a_customer_goes_with_their_account_and_not_by_itself() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let Bought { placed, .. } = buys(&shop).await;
        let path = format!("/api/admin/orders/{}/erase-person", placed.id);
        let refused = shop.staff().post(&path, Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "order_of_customer"));
        assert_eq!(refused.json()["customer_id"], ana().to_string());
        let nobody = OrderId::new(Uuid::from_u128(4711));
        assert_eq!(erases(&shop, nobody).await, (404, "not_found".into()));
        let but_one =
            Permission::ALL.into_iter().filter(|permission| *permission != Permission::CustomersErase);
        let clerk = Actor::Staff { user: ana(), permissions: Arc::new(but_one.collect()) };
        assert_eq!(shop.order.client(clerk).post(&path, Value::Null).await.status, 403);
        assert_eq!(shop.guest().post(&path, Value::Null).await.status, 401);
        assert_eq!(shop.show(placed.id).await["email"], "ana@example.org");
        assert_eq!(
            count(&shop, "select count(*) from record_entry where action = 'order.person_erased'").await,
            0
        );
    }
}

/// What the audit is told that is left of somebody of whom all were told just now.
async fn left(shop: &Shop) -> Vec<String> {
    let now = shop.world.now().micros();
    let people = vec![ErasedPerson { user_id: ana().to_string(), told_at: now }];
    let mut audit = AuditClient::new(shop.bench.network_of("order").link("order"));
    let told = audit.remains(RemainsRequest { people, at_rest_since: now }).await.expect("told");
    let breaches = told.into_inner().breaches;
    assert!(breaches.iter().all(|breach| breach.invariant == 20), "{breaches:?}");
    breaches.into_iter().flat_map(|breach| breach.rows).collect()
}

#[tokio::test]
async fn the_audit_is_told_of_an_order_that_was_not_stripped_and_of_none_that_is_on_its_way() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let Bought { placed, .. } = buys(&shop).await;
        let both =
            [format!("order.orders.id = {}", placed.id), format!("order.person_key.subject = {}", ana())];
        assert_eq!(left(&shop).await, both, "the message never came");
        shop.bench.send("user", ana(), &UserErased { user_id: ana() }).await;
        assert_eq!(left(&shop).await, [""; 0], "it is on its way");
        is_sent(&shop, &placed).await;
        let gone = async || shop.show(placed.id).await["email"].is_null();
        shop.after(seconds(5), "the address to go once the goods are sent", gone).await;
        assert_eq!(left(&shop).await, [""; 0], "nothing is");
    }
}
