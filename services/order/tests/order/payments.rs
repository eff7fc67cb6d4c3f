//! Payments that are declined, ask the shopper for something, or are tried again.

use crate::neighbours::Will;
use crate::shop::{ENGINES, Shop, history, seconds};
use hanse_inventory_contract::{RenewHold, StockOutcome};
use hanse_payment_contract::{CancelPayment, PaymentOutcome};

#[tokio::test]
async fn a_declined_payment_can_be_tried_again_with_another() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_declined").await;
        assert_eq!((placed.status(), placed.reason()), ("awaiting_payment", "payment_declined"));
        assert_eq!(placed.body["payment_status"], "declined");

        let again = shop.pay(&placed, "tok_declined").await.expect(201);
        assert_eq!(again["status"], "awaiting_payment");
        shop.world.advance(seconds(60));
        let paid = shop.pay(&placed, "tok_success").await;
        let place = paid.headers["location"].clone();
        let paid = paid.expect(201);
        assert_eq!((paid["status"].as_str(), paid["reason"].as_str()), (Some("confirmed"), None));
        assert_eq!(place, format!("/api/store/orders/{}", placed.id));
        let expected = [
            "placed",
            "stock_reserved",
            "payment_declined",
            "payment_retried",
            "payment_declined",
            "payment_retried",
            "payment_authorized",
            "confirmed",
        ];
        assert_eq!(history(&paid), expected);
        // Each try renews the hold to 15 minutes from then.
        let renewed = shop.bench.published_of::<RenewHold>();
        assert_eq!(renewed.len(), 2);
        assert_eq!(renewed[1].until, shop.world.now().plus(seconds(15 * 60)));
        // Each try has a payment of its own.
        assert_eq!(shop.others.stage().payments.len(), 3);

        let refused = shop.pay(&placed, "tok_success").await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "order_closed"));
    }
}

#[tokio::test]
async fn the_same_try_sent_twice_is_one_try() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_declined").await;
        let client = shop.holder(&placed);
        let path = format!("/api/store/orders/{}/payments", placed.id);
        let body = serde_json::json!({"provider": "test", "token": "tok_declined"});
        let first = client.post(&path, body.clone()).await;
        let second = client.post(&path, body).await;
        assert_eq!((first.status, &first.bytes), (second.status, &second.bytes));
        assert_eq!(shop.others.stage().payments.len(), 2);
        let foreign = client.post(&path, serde_json::json!({"provider": "nope", "token": "x"})).await;
        assert_eq!(foreign.code(), "idempotency_key_reused");
        let unknown =
            shop.holder(&placed).post(&path, serde_json::json!({"provider": "nope", "token": "x"})).await;
        assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (422, "validation"));
    }
}

#[tokio::test]
async fn an_order_waits_no_longer_than_its_goods_are_held() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_declined").await;
        shop.after(seconds(15 * 60), "it lapses", async || shop.state(placed.id).await == "rejected").await;
        assert_eq!(shop.show(placed.id).await["reason"], "payment_expired");
        assert_eq!(shop.others.asked("ReleaseStock"), 1);
        assert_eq!(shop.pay(&placed, "tok_success").await.code(), "order_closed");

        // The same when inventory says first that the hold has ended.
        let placed = shop.checkout("tok_declined").await;
        shop.send_stock(placed.id, StockOutcome::Expired).await;
        assert_eq!(shop.state(placed.id).await, "rejected");
        assert_eq!(shop.told(placed.id, "OrderRejected"), 1);
    }
}

#[tokio::test]
async fn goods_are_held_an_hour_at_most_however_often_a_payment_is_tried() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_declined").await;
        for _ in 0..4 {
            shop.world.advance(seconds(14 * 60));
            shop.pay(&placed, "tok_declined").await.expect(201);
        }
        let renewed = shop.bench.published_of::<RenewHold>();
        let placed_at: hanse_kernel::Timestamp = placed.body["placed_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(renewed[3].until, placed_at.plus(seconds(60 * 60)));
        shop.after(seconds(4 * 60), "it lapses", async || shop.state(placed.id).await == "rejected").await;
    }
}

#[tokio::test]
async fn a_payment_that_asks_for_something_waits_for_the_shopper() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_action_required").await;
        assert_eq!(
            (placed.status(), placed.body["payment_status"].as_str()),
            ("pending", Some("action_required"))
        );
        assert_eq!(placed.body["next_action"]["url"], "https://bank.example/3ds");
        // The shopper has done it.
        shop.set(|s| s.payments.get_mut(&placed.payment(1)).unwrap().authorized = 4090);
        shop.send_payment(placed.payment(1), PaymentOutcome::Authorized).await;
        let shown = shop.show(placed.id).await;
        assert_eq!((shown["status"].as_str(), shown["next_action"].is_null()), (Some("confirmed"), true));

        // Another does nothing: after ten minutes the order is undone.
        let placed = shop.checkout("tok_action_required").await;
        shop.world.advance(seconds(500));
        shop.bench.settle().await;
        assert_eq!(shop.state(placed.id).await, "awaiting_authorization");
        shop.after(seconds(100), "it is undone", async || shop.state(placed.id).await == "cancelled").await;
        assert_eq!(shop.show(placed.id).await["reason"], "payment_timeout");
        assert_eq!((shop.others.asked("CancelPayment"), shop.others.asked("ReleaseStock")), (1, 1));
    }
}

#[tokio::test]
async fn answers_of_another_payment_never_move_the_order_and_its_money_is_let_go() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_declined").await;
        shop.set(|s| s.commit = Will::StaySilent);
        let answer = shop.passing(shop.pay(&placed, "tok_waits")).await;
        assert_eq!(answer.expect(202)["status"], "pending");
        for outcome in [
            PaymentOutcome::Declined,
            PaymentOutcome::Voided,
            PaymentOutcome::Authorized,
            PaymentOutcome::Captured,
        ] {
            shop.send_payment(placed.payment(1), outcome).await;
            assert_eq!(shop.state(placed.id).await, "awaiting_authorization", "{outcome:?}");
        }
        let let_go = shop.bench.published_of::<CancelPayment>();
        assert_eq!(let_go.len(), 2);
        assert!(let_go.iter().all(|c| c.payment_id == placed.payment(1)));
        // The one that counts.
        shop.set(|s| s.payments.get_mut(&placed.payment(2)).unwrap().authorized = 4090);
        shop.send_payment(placed.payment(2), PaymentOutcome::Authorized).await;
        assert_eq!(shop.state(placed.id).await, "awaiting_commit");
    }
}
