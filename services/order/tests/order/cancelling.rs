//! Cancelling an order in every state, by the shopper and by the staff.

use crate::neighbours::Will;
use crate::shop::{ENGINES, Placed, Shop, history, seconds};
use hanse_kernel::Proof;
use hanse_order_contract::{OrderCancelled, OrderRefunded};
use hanse_testkit::Client;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn before_anything_is_captured_it_is_undone() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        // awaiting_stock
        shop.silent(|s| &mut s.reserve);
        let placed = shop.checkout_pending("tok_success").await;
        assert_eq!(shop.cancel(&placed).await.expect(200)["status"], "cancelled");
        shop.set(|s| s.reserve = Will::Do);
        // awaiting_authorization
        let placed = shop.checkout_pending("tok_unknown").await;
        let cancelled = shop.cancel(&placed).await.expect(200);
        assert_eq!(
            (cancelled["status"].as_str(), cancelled["reason"].as_str()),
            (Some("cancelled"), Some("customer"))
        );
        assert_eq!(history(&cancelled), ["placed", "stock_reserved", "cancel_requested", "cancelled"]);
        // awaiting_payment
        let placed = shop.checkout("tok_declined").await;
        let cancelled = shop.cancel(&placed).await.expect(200);
        assert_eq!(cancelled["fulfilment_status"], "cancelled");
        // The cart is free for another order.
        let again = shop.checkout_with("again", shop.body(placed.cart, "tok_success")).await.expect(201);
        assert_eq!(again["status"], "confirmed");
    }
}

#[tokio::test]
async fn in_the_pivot_it_is_remembered_and_nothing_is_captured() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.silent(|s| &mut s.commit);
        let placed = shop.checkout_pending("tok_success").await;
        let answer = shop.passing(shop.cancel(&placed)).await.expect(202);
        assert_eq!(answer["status"], "pending");
        shop.set(|s| s.commit = Will::Do);
        shop.after(seconds(5), "cancelled", async || shop.state(placed.id).await == "cancelled").await;
        assert_eq!(shop.others.asked("Capture"), 0);
        assert_eq!((shop.told(placed.id, "OrderConfirmed"), shop.told(placed.id, "OrderCancelled")), (0, 1));
        assert!(shop.others.stage().payments[&placed.payment(1)].voided);
    }
}

#[tokio::test]
async fn while_the_money_is_being_taken_it_waits_and_gives_it_back() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        shop.silent(|s| &mut s.capture);
        let placed = shop.checkout_pending("tok_success").await;
        shop.passing(shop.cancel(&placed)).await.expect(202);
        shop.set(|s| s.capture = Will::Do);
        shop.after(seconds(5), "refunded", async || shop.state(placed.id).await == "refunded").await;
        let shown = shop.show(placed.id).await;
        assert_eq!(
            (shown["payment_status"].as_str(), shown["fulfilment_status"].as_str()),
            (Some("refunded"), Some("cancelled"))
        );
        assert_eq!(shown["items"][0]["refunded_quantity"], 2);
        assert_eq!((shop.others.asked("Refund 4090"), shop.others.asked("Restock [2, 1]")), (1, 1));
        // It never was an order for the rest of the house: discounts are free again, the cart keeps its items.
        assert_eq!((shop.told(placed.id, "OrderConfirmed"), shop.told(placed.id, "OrderCancelled")), (0, 1));
        assert!(!shop.bench.published_of::<OrderCancelled>()[0].was_confirmed);
        shop.checkout_with("again", shop.body(placed.cart, "tok_success")).await.expect(201);

        // When the capture fails after all, there is nothing to give back.
        shop.silent(|s| &mut s.capture);
        let placed = shop.checkout_pending("tok_success").await;
        shop.passing(shop.cancel(&placed)).await.expect(202);
        shop.set(|s| s.capture = Will::Fail);
        shop.after(seconds(5), "cancelled", async || shop.state(placed.id).await == "cancelled").await;
        assert_eq!(shop.show(placed.id).await["reason"], "customer");
    }
}

#[tokio::test]
async fn a_confirmed_order_is_given_back_whole() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let cancelled = shop.staff_post(placed.id, "cancel", json!({})).await.expect(200);
        assert_eq!(
            (cancelled["status"].as_str(), cancelled["state"].as_str()),
            (Some("refunded"), Some("refunded"))
        );
        assert_eq!(cancelled["refunded"]["amount"], 4090);
        shop.bench.settle().await;
        assert_eq!(shop.others.asked("Restock [2, 1]"), 1);
        let refunded = shop.bench.published_of::<OrderRefunded>().remove(0);
        assert!(refunded.complete && refunded.amount.minor() == 4090);
        let news = shop.bench.published_of::<OrderCancelled>().remove(0);
        assert!(news.was_confirmed && news.reason == "staff");
        let closed = shop.cancel(&placed).await;
        assert_eq!((closed.status.as_u16(), closed.code().as_str()), (409, "order_closed"));
    }
}

#[tokio::test]
async fn who_may_not_refund_cancels_only_what_was_not_paid() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let cancel = async |clerk: Client, placed: &Placed| {
            let path = format!("/api/admin/orders/{}/cancel", placed.id);
            clerk.header("idempotency-key", &Uuid::new_v4().to_string()).post(&path, json!({})).await
        };
        let paid = shop.checkout("tok_success").await;
        let refused = cancel(shop.support(), &paid).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "forbidden"));
        let refused = cancel(shop.staff().proof(Proof::Former), &paid).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "step_up_required"));
        // Its capture is under way.
        shop.silent(|s| &mut s.capture);
        let under_way = shop.checkout_pending("tok_success").await;
        let refused = cancel(shop.support(), &under_way).await;
        assert_eq!(refused.code(), "forbidden");
        assert_eq!(
            (shop.state(paid.id).await.as_str(), shop.told(paid.id, "OrderCancelled")),
            ("confirmed", 0)
        );
        shop.set(|s| s.capture = Will::Do);

        // What they read of it opens no other way to the same.
        let path = format!("/api/admin/orders/{}", paid.id);
        assert_eq!(shop.support().get(&path).await.expect(200)["access_token"], json!(null));

        let unpaid = shop.checkout("tok_declined").await;
        assert_eq!(cancel(shop.support(), &unpaid).await.expect(200)["status"], "cancelled");
        // A program whose key may refund has nobody who could show anything.
        assert_eq!(cancel(shop.staff().proof(Proof::Key), &paid).await.expect(200)["status"], "refunded");
    }
}

#[tokio::test]
async fn of_an_order_partly_sent_the_rest_is_given_back() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_success").await;
        let send = |n: usize, quantity: i64| json!({"items": [{"item_id": placed.body["items"][n]["id"], "quantity": quantity}]});
        shop.staff_post(placed.id, "fulfil", send(0, 1)).await.expect(200);
        let key = "the-same-cancellation";
        let path = format!("/api/admin/orders/{}/cancel", placed.id);
        let client = shop.staff().header("idempotency-key", key);
        let answer = client.post(&path, json!({})).await;
        let cancelled = answer.clone().expect(200);
        // One mug of two and the other line: 1200 + 1200; the shipping was used.
        assert_eq!(
            (cancelled["status"].as_str(), cancelled["refunded"]["amount"].as_i64()),
            (Some("fulfilled"), Some(2400))
        );
        assert_eq!(cancelled["payment_status"], "partially_refunded");
        assert_eq!(cancelled["items"][0]["cancelled_quantity"], 1);
        assert_eq!(client.post(&path, json!({})).await.bytes, answer.bytes);
        shop.bench.settle().await;
        assert_eq!((shop.others.asked("Restock [1, 1]"), shop.told(placed.id, "OrderCancelled")), (1, 0));
        let closed = shop.cancel(&placed).await;
        assert_eq!((closed.status.as_u16(), closed.code().as_str()), (409, "already_fulfilled"));
    }
}

#[tokio::test]
async fn cancelling_twice_is_cancelling_once_and_a_rejected_order_is_closed() {
    for engine in ENGINES {
        let shop = Shop::open(engine).await;
        let placed = shop.checkout("tok_declined").await;
        shop.silent(|s| &mut s.release);
        shop.passing(shop.cancel(&placed)).await.expect(202);
        // While it is being undone another cancellation changes nothing.
        let before = shop.others.asked("CancelPayment");
        shop.passing(shop.cancel(&placed)).await.expect(202);
        assert!(shop.others.asked("CancelPayment") <= before + 1);
        shop.set(|s| s.release = Will::Do);
        shop.after(seconds(30), "cancelled", async || shop.state(placed.id).await == "cancelled").await;
        assert_eq!(shop.cancel(&placed).await.expect(200)["status"], "cancelled");
        assert_eq!(shop.told(placed.id, "OrderCancelled"), 1);

        shop.set(|s| s.reserve = Will::Fail);
        let rejected: Placed = shop.checkout("tok_success").await;
        assert_eq!(shop.cancel(&rejected).await.code(), "order_closed");
    }
}
