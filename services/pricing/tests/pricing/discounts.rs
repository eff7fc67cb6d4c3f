//! Discount codes are held before an order exists, follow what becomes of it, and never go over their limits.

use crate::shop::{Shop, eur, on_both_engines, order, user};
use hanse_kernel::{Actor, UserId};
use hanse_order_contract::{OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected};
use hanse_pricing_contract::rpc::{HoldDiscountReply, HoldDiscountRequest};
use hanse_rpc::request;
use serde_json::{Value, json};
use std::time::Duration;

pub async fn make(shop: &Shop, body: Value) -> String {
    let made = shop.staff().post("/api/admin/discounts", body).await.expect(201);
    made["id"].as_str().unwrap().to_string()
}

pub async fn hold(
    shop: &Shop,
    n: u128,
    attempt: u32,
    codes: &[&str],
    customer: Option<UserId>,
) -> HoldDiscountReply {
    let question = HoldDiscountRequest {
        order_id: order(n).to_string(),
        attempt,
        discount_codes: codes.iter().map(ToString::to_string).collect(),
        channel: "default".into(),
        customer_id: customer.map(|c| c.to_string()).unwrap_or_default(),
    };
    shop.pricing().hold_discount(question).await.unwrap().into_inner()
}

pub async fn counts(shop: &Shop, id: &str) -> (i64, i64) {
    let body = shop.staff().get(&format!("/api/admin/discounts/{id}")).await.expect(200);
    (body["held"].as_i64().unwrap(), body["redeemed"].as_i64().unwrap())
}

fn why(reply: &HoldDiscountReply) -> Vec<&str> {
    assert!(!reply.held);
    reply.problems.iter().map(|p| p.code.as_str()).collect()
}

fn codes(codes: &[&str]) -> Vec<String> {
    codes.iter().map(ToString::to_string).collect()
}
fn placed(n: u128, used: &[&str]) -> OrderPlaced {
    OrderPlaced {
        order_id: order(n),
        number: format!("H-{n}"),
        channel: Default::default(),
        customer_id: None,
        payment_id: None,
        total: eur(0),
        lines: vec![],
        discount_codes: codes(used),
        placed_at: Default::default(),
    }
}
fn confirmed(n: u128, used: &[&str]) -> OrderConfirmed {
    OrderConfirmed {
        order_id: order(n),
        number: format!("H-{n}"),
        channel: Default::default(),
        cart_id: hanse_kernel::CartId::from_bytes(&[1; 20]).unwrap(),
        customer_id: None,
        total: eur(0),
        lines: vec![],
        discount_codes: codes(used),
        placed_at: Default::default(),
    }
}
fn cancelled(n: u128, used: &[&str]) -> OrderCancelled {
    OrderCancelled {
        order_id: order(n),
        number: format!("H-{n}"),
        reason: "customer".into(),
        was_confirmed: true,
        discount_codes: codes(used),
    }
}
fn rejected(n: u128, used: &[&str]) -> OrderRejected {
    OrderRejected {
        order_id: order(n),
        number: format!("H-{n}"),
        reason: "out_of_stock".into(),
        discount_codes: codes(used),
    }
}

#[tokio::test]
async fn a_hold_is_idempotent_and_follows_its_order() {
    on_both_engines(async |shop| {
        let id = make(
            &shop,
            json!({"code": "welcome", "type": "percentage", "percentage_bp": 1000, "limit_total": 2}),
        )
        .await;
        let first = hold(&shop, 1, 1, &["WELCOME"], None).await;
        assert!(first.held);
        let minutes = |m: u64| shop.world.now().plus(Duration::from_secs(60 * m)).micros();
        assert!(first.expires_at >= minutes(15));
        let again = hold(&shop, 1, 1, &["welcome"], None).await;
        assert_eq!((again.held, counts(&shop, &id).await), (true, (1, 0)));

        shop.host.send("order", order(1), &placed(1, &["WELCOME"])).await;
        shop.host.send("order", order(1), &placed(1, &["WELCOME"])).await;
        assert_eq!(counts(&shop, &id).await, (1, 0));
        shop.host.send("order", order(1), &confirmed(1, &["WELCOME"])).await;
        shop.host.send("order", order(1), &confirmed(1, &["WELCOME"])).await;
        assert_eq!(counts(&shop, &id).await, (0, 1));

        assert!(hold(&shop, 2, 1, &["WELCOME"], None).await.held);
        assert_eq!(why(&hold(&shop, 3, 1, &["WELCOME"], None).await), ["discount_code_used_up"]);
        shop.host.send("order", order(2), &rejected(2, &["WELCOME"])).await;
        assert_eq!(counts(&shop, &id).await, (0, 1));
        assert!(hold(&shop, 3, 1, &["WELCOME"], None).await.held);
        shop.host.send("order", order(1), &cancelled(1, &["WELCOME"])).await;
        assert_eq!(counts(&shop, &id).await, (1, 0), "a cancelled order gives its redemption back");
    })
    .await;
}

#[tokio::test]
async fn any_order_of_the_messages_ends_in_the_same_counts() {
    on_both_engines(async |shop| {
        let id = make(&shop, json!({"code": "X", "type": "fixed", "amount": eur(500)})).await;
        hold(&shop, 1, 1, &["X"], None).await;
        shop.host.send("order", order(1), &cancelled(1, &["X"])).await;
        shop.host.send("order", order(1), &confirmed(1, &["X"])).await;
        shop.host.send("order", order(1), &placed(1, &["X"])).await;
        assert_eq!(counts(&shop, &id).await, (0, 0));
        assert_eq!(why(&hold(&shop, 1, 1, &["X"], None).await), ["order_closed"]);

        shop.host.send("order", order(2), &rejected(2, &["X"])).await;
        assert_eq!(why(&hold(&shop, 2, 1, &["X"], None).await), ["order_closed"], "the end came first");
    })
    .await;
}

#[tokio::test]
async fn all_codes_or_none_and_a_later_attempt_may_change_them() {
    on_both_engines(async |shop| {
        let a = make(&shop, json!({"code": "A", "type": "percentage", "percentage_bp": 500})).await;
        let b = make(&shop, json!({"code": "B", "type": "percentage", "percentage_bp": 500})).await;
        assert_eq!(why(&hold(&shop, 1, 1, &["A", "NOPE"], None).await), ["unknown_discount_code"]);
        assert_eq!(counts(&shop, &a).await, (0, 0));
        assert!(hold(&shop, 1, 1, &["A"], None).await.held);
        assert!(hold(&shop, 1, 2, &["B"], None).await.held);
        assert_eq!((counts(&shop, &a).await, counts(&shop, &b).await), ((0, 0), (1, 0)));
        assert!(hold(&shop, 1, 1, &["A"], None).await.held, "an attempt of the past changes nothing");
        assert_eq!((counts(&shop, &a).await, counts(&shop, &b).await), ((0, 0), (1, 0)));
        assert_eq!(
            hold(&shop, 9, 1, &[], None).await,
            HoldDiscountReply { held: true, problems: vec![], expires_at: 0 }
        );

        hold(&shop, 1, 3, &["A", "B"], None).await;
        shop.host.send("order", order(1), &placed(1, &["A"])).await;
        assert_eq!(
            (counts(&shop, &a).await, counts(&shop, &b).await),
            ((1, 0), (0, 0)),
            "only what the order uses"
        );
    })
    .await;
}

#[tokio::test]
async fn a_limit_per_customer_needs_a_customer() {
    on_both_engines(async |shop| {
        let body =
            json!({"code": "ONCE", "type": "percentage", "percentage_bp": 1000, "limit_per_customer": 1});
        make(&shop, body).await;
        assert_eq!(why(&hold(&shop, 1, 1, &["ONCE"], None).await), ["discount_code_needs_login"]);
        assert!(hold(&shop, 1, 1, &["ONCE"], Some(user(7))).await.held);
        assert!(hold(&shop, 1, 1, &["ONCE"], Some(user(7))).await.held);
        assert_eq!(
            why(&hold(&shop, 2, 1, &["ONCE"], Some(user(7))).await),
            ["discount_code_used_by_customer"]
        );
        assert!(hold(&shop, 2, 1, &["ONCE"], Some(user(8))).await.held);

        shop.price(10, 1200).await;
        let mut question = shop.question(&[(10, 1)]);
        question.discount_codes = vec!["once".into()];
        let ctx = shop.host.ctx(Actor::Customer { user: user(7) });
        let asked = request(&ctx, &*shop.host.effects.clock, question.clone());
        let quote = shop.pricing().quote(asked).await.unwrap().into_inner();
        assert_eq!(quote.problems[0].code, "discount_code_used_by_customer");
        question.order_id = order(1).to_string();
        let asked = request(&ctx, &*shop.host.effects.clock, question);
        assert_eq!(shop.pricing().quote(asked).await.unwrap().into_inner().discount, 120);
    })
    .await;
}

#[tokio::test]
async fn an_expired_hold_is_freed_only_when_order_says_that_none_came_of_it() {
    on_both_engines(async |shop| {
        let id =
            make(&shop, json!({"code": "X", "type": "fixed", "amount": eur(500), "limit_total": 2})).await;
        hold(&shop, 1, 1, &["X"], None).await;
        hold(&shop, 2, 1, &["X"], None).await;
        shop.orders.place(order(2));
        shop.orders.go_away();
        shop.pass(Duration::from_secs(21 * 60));
        // A round has gone by without an answer: the quote that follows still sees both held.
        assert_eq!(why(&hold(&shop, 3, 1, &["X"], None).await), ["discount_code_used_up"]);
        shop.orders.come_back();
        shop.orders.place(order(2));
        shop.host
            .until("the hold without order lapses", async || {
                shop.pass(Duration::from_secs(31));
                counts(&shop, &id).await == (1, 0)
            })
            .await;
        // It may be held anew, and the order that exists kept its own.
        assert!(hold(&shop, 1, 1, &["X"], None).await.held);
        shop.host.send("order", order(2), &confirmed(2, &["X"])).await;
        assert_eq!(counts(&shop, &id).await, (1, 1));
    })
    .await;
}

#[tokio::test]
async fn many_orders_at_once_never_take_more_than_there_is() {
    on_both_engines(async |shop| {
        let id = make(
            &shop,
            json!({"code": "HOT", "type": "percentage", "percentage_bp": 1000, "limit_total": 5}),
        )
        .await;
        let tries = (1..=40u128).map(|n| hold(&shop, n, 1, &["HOT"], None));
        let replies = futures::future::join_all(tries).await;
        assert_eq!(replies.iter().filter(|r| r.held).count(), 5);
        assert_eq!(counts(&shop, &id).await, (5, 0));
    })
    .await;
}

#[tokio::test]
async fn staff_make_change_and_list_codes() {
    on_both_engines(async |shop| {
        let staff = shop.staff();
        let body = json!({"code": " Summer-26 ", "type": "fixed", "amount": eur(500), "minimum": eur(2000), "limit_total": 10});
        let key = staff.clone().header("idempotency-key", "one");
        let made = key.post("/api/admin/discounts", body.clone()).await;
        let again = key.post("/api/admin/discounts", body.clone()).await;
        assert_eq!((made.status.as_u16(), &made.bytes), (201, &again.bytes));
        let id = made.json()["id"].as_str().unwrap().to_string();
        assert_eq!(made.json()["code"], "SUMMER-26");
        let taken = staff.post("/api/admin/discounts", body).await;
        assert_eq!((taken.status.as_u16(), taken.code().as_str()), (409, "discount_code_taken"));

        let path = format!("/api/admin/discounts/{id}");
        let stale = staff.clone().header("if-match", "\"7\"").patch(&path, json!({"active": false})).await;
        assert_eq!(stale.status.as_u16(), 412);
        let changed = staff.patch(&path, json!({"limit_total": null, "percentage_bp": 250})).await.expect(200);
        assert_eq!((&changed["limit_total"], &changed["type"]), (&Value::Null, &json!("percentage")));
        assert_eq!(staff.patch(&path, json!({"limit_total": 0})).await.status.as_u16(), 422);
        hold(&shop, 1, 1, &["SUMMER-26"], None).await;
        hold(&shop, 2, 1, &["SUMMER-26"], None).await;
        let low = staff.patch(&path, json!({"limit_total": 1})).await;
        assert_eq!((low.status.as_u16(), low.code().as_str()), (409, "limit_below_use"));
        assert_eq!(staff.patch(&path, json!({"code": "NEW"})).await.code(), "unknown_field");

        make(&shop, json!({"code": "A", "type": "percentage", "percentage_bp": 1})).await;
        let first = staff.get("/api/admin/discounts?limit=1").await.expect(200);
        assert_eq!(first["items"][0]["code"], "A");
        let next = first["next_cursor"].as_str().unwrap();
        let second = staff.get(&format!("/api/admin/discounts?limit=1&cursor={next}")).await.expect(200);
        assert_eq!((&second["items"][0]["code"], &second["next_cursor"]), (&json!("SUMMER-26"), &Value::Null));
        for (body, field) in [
            (json!({"code": "no good", "type": "percentage", "percentage_bp": 1}), "code"),
            (json!({"code": "B", "type": "percentage", "percentage_bp": 10_001}), "percentage_bp"),
            (json!({"code": "B", "type": "fixed", "percentage_bp": 1}), "amount"),
            (json!({"code": "B", "type": "fixed", "amount": eur(0)}), "amount"),
        ] {
            let refused = staff.post("/api/admin/discounts", body).await.expect(422);
            assert_eq!(refused["errors"][0]["field"], field);
        }
    })
    .await;
}

#[tokio::test]
async fn that_an_order_without_codes_is_confirmed_costs_no_unit() {
    on_both_engines(async |shop| {
        let id = make(&shop, json!({"code": "X", "type": "fixed", "amount": eur(500)})).await;
        // An earlier try of the same order held a code that the order was made without.
        hold(&shop, 1, 1, &["X"], None).await;
        shop.host.send("order", order(1), &confirmed(1, &[])).await;
        assert_eq!(
            (shop.module.remembers("pricing.%_discounts%").await, counts(&shop, &id).await),
            (0, (1, 0))
        );
        shop.host.send("order", order(1), &placed(1, &[])).await;
        assert_eq!(
            (shop.module.remembers("pricing.%_discounts%").await, counts(&shop, &id).await),
            (1, (0, 0)),
            "nobody keeps it"
        );
        hold(&shop, 2, 1, &["X"], None).await;
        shop.host.send("order", order(2), &placed(2, &["X"])).await;
        shop.host.send("order", order(2), &confirmed(2, &["X"])).await;
        assert_eq!(
            (shop.module.remembers("pricing.%_discounts%").await, counts(&shop, &id).await),
            (3, (0, 1))
        );
    })
    .await;
}
