//! What the store has of whom orders go to is of no use without the shop's keys, and of nobody once they were erased.

use crate::shop::{ENGINES, Placed, Shop};
use hanse_cart_contract::rpc as cart;
use hanse_database::DbError;
use hanse_database::sql::Sql;
use hanse_kernel::{Actor, OrderId, UserId};
use hanse_payment_contract::{NextAction, PaymentOutcome};
use hanse_user_contract::UserErased;
use serde_json::{Value, json};
use uuid::Uuid;

/// All that an order can tell of somebody.
const CANARIES: [&str; 9] = [
    "kanarie@example.org",
    "Kanarie Lund",
    "Kanariegatan",
    "Kanarieby",
    "Kanarie Fakturasson",
    "kanarie-kort",
    "kanarie-gravyr",
    "kanarie-spar",
    "kanarie-anledning",
];

fn kim() -> UserId {
    UserId::new(Uuid::from_u128(77))
}

fn address(name: &str) -> cart::Address {
    cart::Address {
        name: name.into(),
        line1: "Kanariegatan 1".into(),
        city: "Kanarieby".into(),
        postal_code: "211 34".into(),
        country: "SE".into(),
        ..Default::default()
    }
}

/// Buys what everything that a shopper can tell stands in.
async fn buys(shop: &Shop, customer: Option<UserId>, token: &str) -> Placed {
    let id = shop.cart_of(customer);
    shop.change_cart(id, |cart| {
        cart.email = "kanarie@example.org".into();
        cart.shipping_address = Some(address("Kanarie Lund"));
        cart.billing_address = Some(address("Kanarie Fakturasson"));
        cart.metadata = r#"{"card":"kanarie-kort"}"#.into();
        cart.lines[0].metadata = r#"{"text":"kanarie-gravyr"}"#.into();
    });
    let actor = customer.map_or(Actor::Anonymous, |user| Actor::Customer { user });
    let client = shop.order.client(actor).header("idempotency-key", &id.to_string());
    let answer = client.post("/api/store/checkout", shop.body(id, token)).await;
    Placed::of(answer.expect(201), id)
}

async fn is_sent(shop: &Shop, placed: &Placed) {
    let items: Vec<Value> = [(0, 2), (1, 1)]
        .into_iter()
        .map(|(n, quantity)| json!({"item_id": placed.body["items"][n]["id"], "quantity": quantity}))
        .collect();
    let body = json!({"items": items, "tracking": "kanarie-spar"});
    shop.staff_post(placed.id, "fulfil", body).await.expect(200);
}

/// Part of the money, with words of staff.
async fn gives_back(shop: &Shop, order: OrderId) {
    let body = json!({"amount": {"amount": 100, "currency": "EUR"}, "reason": "kanarie-anledning"});
    let answer = shop.staff_post(order, "refund", body).await;
    assert!(matches!(answer.status.as_u16(), 200 | 202), "{}", answer.json());
    shop.bench.settle().await;
}

async fn read(shop: &Shop, sql: &'static str) -> Vec<String> {
    let read: Result<Vec<String>, DbError> =
        shop.order.host.db.read((), move |tx, ()| Box::pin(tx.query(sql, &[], |r| r.get(0)))).await;
    read.expect("the store answers")
}

async fn write(shop: &Shop, sql: &'static str) {
    let done: Result<u64, DbError> =
        shop.order.host.db.tx((), move |tx, ()| Box::pin(async move { tx.execute(sql, &[]).await })).await;
    done.expect("written");
}

/// Every row of orders and what hangs on them, as text.
async fn rows(shop: &Shop) -> String {
    let sql = "select coalesce(email, '') || coalesce(shipping_address, '') || coalesce(billing_address, '') || metadata
                      || coalesce(next_action, '') from orders
               union all select metadata from order_lines
               union all select coalesce(tracking, '') from order_shipments
               union all select reason from order_refunds";
    read(shop, sql).await.join("\n")
}

/// Keys of people, and of guests' orders; the service's own, for what nobody was named in, is left aside.
async fn keys(shop: &Shop) -> usize {
    const SERVICES: Uuid = Uuid::nil();
    let sql = "select master from person_key where subject <> $1";
    let read: Result<Vec<String>, DbError> = shop
        .order
        .host
        .db
        .read((), move |tx, ()| Box::pin(async move { tx.query(sql, &[&SERVICES], |r| r.get(0)).await }))
        .await;
    read.expect("the store answers").len()
}

fn sings(text: &str) -> Vec<&'static str> {
    CANARIES.into_iter().filter(|canary| text.contains(canary)).collect()
}

#[tokio::test]
async fn the_store_tells_nothing_of_customers_or_guests_and_an_erasure_destroys_the_key() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (mine, guests) =
            (buys(&shop, Some(kim()), "tok_success").await, buys(&shop, None, "tok_success").await);
        let waiting = buys(&shop, Some(kim()), "tok_action_required").await;
        for placed in [&mine, &guests] {
            is_sent(&shop, placed).await;
            gives_back(&shop, placed.id).await;
        }
        assert_eq!(sings(&rows(&shop).await), [""; 0]);
        assert!(!rows(&shop).await.contains("bank.example"));
        assert_eq!(keys(&shop).await, 2, "the customer's, and the guest's order's");
        for placed in [&mine, &guests] {
            let shown = shop.show(placed.id).await.to_string();
            // What staff wrote about a refund is shown to nobody.
            assert_eq!(sings(&shown), CANARIES[..8], "whoever may read it does: {shown}");
        }
        let action = shop.show(waiting.id).await["next_action"]["url"].clone();
        assert_eq!(action, "https://bank.example/3ds");
        let listed = shop.staff().get("/api/admin/orders").await.expect(200).to_string();
        assert!(!listed.contains("sealed:"), "{listed}");
        assert!(listed.contains("kanarie@example.org"), "{listed}");

        shop.bench.send("user", kim(), &UserErased { user_id: kim() }).await;
        assert_eq!(keys(&shop).await, 2, "an order is on its way");
        assert_eq!(shop.show(waiting.id).await["email"], "kanarie@example.org");
        assert_eq!(sings(&shop.show(mine.id).await.to_string()), [""; 0]);
        assert_eq!(shop.show(mine.id).await["country"], "SE");
        shop.cancel(&waiting).await;
        let gone = async || shop.show(waiting.id).await["email"].is_null();
        shop.after(crate::shop::seconds(5), "the last of the orders to be stripped", gone).await;
        assert_eq!(keys(&shop).await, 1, "that of the guest's order");
        // What staff write about one who was erased is not kept, and makes no new key.
        gives_back(&shop, mine.id).await;
        assert_eq!(keys(&shop).await, 1);
        assert_eq!(read(&shop, "select reason from order_refunds where reason <> ''").await.len(), 1);
        assert_eq!(sings(&shop.show(guests.id).await.to_string()), CANARIES[..8]);
    }
}

#[tokio::test]
async fn an_order_placed_after_the_erasure_is_stripped_and_its_key_goes_too() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.bench.send("user", kim(), &UserErased { user_id: kim() }).await;
        let late = buys(&shop, Some(kim()), "tok_success").await;
        assert_eq!(keys(&shop).await, 1);
        is_sent(&shop, &late).await;
        let gone = async || shop.show(late.id).await["email"].is_null();
        shop.after(crate::shop::seconds(5), "the late order to be stripped", gone).await;
        assert_eq!(keys(&shop).await, 0);
        assert_eq!(sings(&rows(&shop).await), [""; 0]);
    }
}

#[tokio::test]
async fn what_was_written_before_is_read_and_sealed() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let (mine, guests) =
            (buys(&shop, Some(kim()), "tok_success").await, buys(&shop, None, "tok_success").await);
        for placed in [&mine, &guests] {
            is_sent(&shop, placed).await;
            gives_back(&shop, placed.id).await;
        }
        let as_told = [shop.show(mine.id).await, shop.show(guests.id).await];
        for old in [
            r#"update orders set email = 'kanarie@example.org', metadata = '{"card":"kanarie-kort"}', country = null,
                 next_action = '{"kind":"redirect","url":"https://bank.example/3ds"}',
                 shipping_address = '{"name":"Kanarie Lund","line1":"Kanariegatan 1","city":"Kanarieby",
                   "postal_code":"211 34","country":"SE"}',
                 billing_address = '{"name":"Kanarie Fakturasson","line1":"Kanariegatan 1","city":"Kanarieby",
                   "postal_code":"211 34","country":"SE"}'"#,
            r#"update order_lines set metadata = '{"text":"kanarie-gravyr"}' where position = 0"#,
            "update order_shipments set tracking = 'kanarie-spar'",
            "update order_refunds set reason = 'kanarie-anledning'",
        ] {
            write(&shop, old).await;
        }
        let as_before = [shop.show(mine.id).await, shop.show(guests.id).await];
        for (before, told) in as_before.iter().zip(&as_told) {
            for same in ["email", "shipping_address", "billing_address", "country", "shipments", "metadata"] {
                assert_eq!(before[same], told[same], "{same}");
            }
        }

        shop.order.host.keeper().round().await.expect("sealed");
        assert_eq!(sings(&rows(&shop).await), [""; 0]);
        assert!(!rows(&shop).await.contains("bank.example"));
        assert_eq!(
            keys(&shop).await,
            2,
            "of the customer and of the guest's order, also for what hangs on them"
        );
        assert_eq!([shop.show(mine.id).await, shop.show(guests.id).await], as_before);
        shop.bench.send("user", kim(), &UserErased { user_id: kim() }).await;
        let shown = shop.show(mine.id).await;
        assert_eq!((sings(&shown.to_string()), &shown["country"]), (vec![], &json!("SE")));
        assert_eq!(keys(&shop).await, 1);
    }
}

#[tokio::test]
async fn a_payments_action_from_elsewhere_is_sealed_with_the_order() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = buys(&shop, None, "tok_action_required").await;
        let action = NextAction { kind: "redirect".into(), url: "https://kanarie.example/3ds".into() };
        shop.send_payment_with(placed.payment(1), PaymentOutcome::ActionRequired, |m| {
            m.next_action = Some(action)
        })
        .await;
        assert_eq!(shop.show(placed.id).await["next_action"]["url"], "https://kanarie.example/3ds");
        assert!(!rows(&shop).await.contains("kanarie.example"));
    }
}
