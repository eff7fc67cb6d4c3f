//! Orders whose money waits for the shipments.

use crate::neighbours::Will;
use crate::shop::{Placed, Shop, seconds};
use hanse_order::CaptureMode;
use hanse_payment_contract::{NextAction, PaymentOutcome};
use hanse_testkit::Engine;
use serde_json::{Value, json};

const DAY: u64 = 24 * 3600;

async fn held(capture: CaptureMode) -> (Shop, Placed) {
    let shop = Shop::open_with(Engine::Sqlite, capture).await;
    open_held(shop).await
}

async fn open_held(shop: Shop) -> (Shop, Placed) {
    let placed = shop.checkout("tok_success").await;
    assert_eq!((placed.status(), placed.body["payment_status"].as_str()), ("confirmed", Some("authorized")));
    shop.bench.settle().await;
    assert_eq!((shop.others.asked("Capture"), shop.told(placed.id, "OrderConfirmed")), (0, 1));
    (shop, placed)
}

fn send(placed: &Placed, lines: &[(usize, i64)]) -> Value {
    let item = |(n, quantity): &(usize, i64)| json!({"item_id": placed.body["items"][n]["id"], "quantity": quantity});
    json!({"items": lines.iter().map(item).collect::<Vec<_>>()})
}

#[tokio::test]
async fn each_shipment_takes_its_part_and_the_last_the_rest() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    let first = shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 1)])).await.expect(200);
    assert_eq!(first["fulfilment_status"], "partially_fulfilled");
    shop.bench.settle().await;
    // A mug and the shipping.
    assert_eq!(
        (shop.others.asked("Capture 1690"), shop.state(placed.id).await.as_str()),
        (1, "confirmed_held")
    );
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 1), (1, 1)])).await.expect(200);
    shop.until_state(placed.id, "confirmed").await;
    assert_eq!(shop.others.asked("Capture 2400"), 1);
    let shown = shop.show(placed.id).await;
    assert_eq!(
        (shown["status"].as_str(), shown["captured"]["amount"].as_i64()),
        (Some("fulfilled"), Some(4090))
    );
    assert_eq!(shown["payment_status"], "captured");
    assert_eq!(shop.told(placed.id, "OrderConfirmed"), 1);
}

#[tokio::test]
async fn a_provider_that_captures_once_takes_all_with_the_first_shipment() {
    let (shop, placed) = held(CaptureMode::AtFirstShipment).await;
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(1, 1)])).await.expect(200);
    shop.until_state(placed.id, "confirmed").await;
    assert_eq!(shop.others.asked("Capture 4090"), 1);
    // What was paid and not sent is given back.
    let cancelled = shop.staff_post(placed.id, "cancel", json!({})).await.expect(200);
    assert_eq!(
        (cancelled["status"].as_str(), cancelled["refunded"]["amount"].as_i64()),
        (Some("fulfilled"), Some(2400))
    );
}

#[tokio::test]
async fn cancelled_before_anything_was_sent_it_is_undone() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    let cancelled = shop.cancel(&placed).await.expect(200);
    assert_eq!(
        (cancelled["status"].as_str(), cancelled["payment_status"].as_str()),
        (Some("cancelled"), Some("voided"))
    );
    assert_eq!((shop.others.asked("CancelPayment"), shop.others.asked("ReleaseStock")), (1, 1));
    assert_eq!((shop.told(placed.id, "OrderCancelled"), shop.others.asked("Capture")), (1, 0));
}

#[tokio::test]
async fn cancelled_when_part_of_it_was_sent_the_rest_is_never_taken() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    shop.silent(|s| &mut s.capture);
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 2)])).await.expect(200);
    let cancelled = shop.staff_post(placed.id, "cancel", json!({})).await.expect(200);
    assert_eq!(
        (cancelled["state"].as_str(), cancelled["status"].as_str()),
        (Some("confirmed_held"), Some("fulfilled"))
    );
    shop.bench.settle().await;
    // The rest is let go only when the part is taken.
    assert_eq!((shop.others.asked("Restock [1]"), shop.others.asked("VoidRest")), (1, 0));
    shop.set(|s| s.capture = Will::Do);
    shop.after(seconds(5), "confirmed", async || shop.state(placed.id).await == "confirmed").await;
    assert_eq!((shop.others.asked("VoidRest"), shop.others.asked("CancelPayment")), (1, 0));
    let shown = shop.show(placed.id).await;
    assert_eq!(
        (shown["captured"]["amount"].as_i64(), shown["payment_status"].as_str()),
        (Some(2890), Some("captured"))
    );
    assert_eq!(shop.staff_post(placed.id, "cancel", json!({})).await.code(), "already_fulfilled");
}

#[tokio::test]
async fn an_authorisation_is_renewed_and_in_doubt_nothing_is_sent() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    shop.after(seconds(5 * DAY), "authorised anew", async || shop.others.asked("Renew 1") == 1).await;
    // The provider declines this time.
    shop.set(|s| s.payments.get_mut(&placed.payment(1)).unwrap().token = "tok_declined".into());
    shop.after(seconds(5 * DAY), "in doubt", async || {
        shop.show(placed.id).await["payment_attention"] == true
    })
    .await;
    let refused = shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 1)])).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "payment_attention"));
    assert_eq!(shop.show(placed.id).await["items"][0]["fulfilled_quantity"], 0);
    // It is asked for again, and granted.
    shop.set(|s| s.payments.get_mut(&placed.payment(1)).unwrap().token = "tok_success".into());
    shop.after(seconds(DAY), "granted", async || shop.show(placed.id).await["payment_attention"] == false)
        .await;
    assert_eq!((shop.others.asked("Authorize"), shop.others.asked("Renew 3")), (1, 1));
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 2), (1, 1)])).await.expect(200);
    shop.until_state(placed.id, "confirmed").await;
}

#[tokio::test]
async fn a_refused_capture_is_asked_for_again_once_the_authorisation_is_renewed() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    shop.set(|s| s.capture = Will::Fail);
    shop.after(seconds(2 * DAY), "two days later", async || true).await;
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 2), (1, 1)])).await.expect(200);
    // The authorisation may have lapsed: it is renewed, and the same is asked for again.
    shop.after(seconds(0), "asked again", async || shop.others.asked("Capture 4090") == 2).await;
    assert_eq!(shop.others.asked("Renew 1"), 1);
    shop.bench.settle().await;
    assert_eq!(shop.show(placed.id).await["payment_attention"], true);
    // A fresh authorisation is left alone for a day.
    assert_eq!(shop.others.asked("Renew"), 1);
    shop.set(|s| s.capture = Will::Do);
    shop.after(seconds(DAY), "paid", async || shop.state(placed.id).await == "confirmed").await;
    let shown = shop.show(placed.id).await;
    assert_eq!(
        (shown["captured"]["amount"].as_i64(), &shown["payment_attention"]),
        (Some(4090), &false.into())
    );
}

#[tokio::test]
async fn a_part_that_is_paid_does_not_hasten_the_renewal() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 1)])).await.expect(200);
    shop.bench.settle().await;
    shop.after(seconds(DAY), "a day later", async || true).await;
    assert_eq!((shop.others.asked("Capture"), shop.others.asked("Renew")), (1, 0));
    shop.after(seconds(4 * DAY), "authorised anew", async || shop.others.asked("Renew 1") == 1).await;
}

#[tokio::test]
async fn late_answers_of_the_first_asking_cast_no_doubt() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    let action = NextAction { kind: "redirect".into(), url: "https://bank.example/3ds".into() };
    let payment = placed.payment(1);
    shop.send_payment_with(payment, PaymentOutcome::ActionRequired, |m| m.next_action = Some(action)).await;
    shop.send_payment(payment, PaymentOutcome::Declined).await;
    // Nor does the answer to a renewal that nobody has asked for.
    shop.send_payment_with(payment, PaymentOutcome::Declined, |m| m.renewal = 1).await;
    let shown = shop.show(placed.id).await;
    assert_eq!(
        (&shown["payment_attention"], &shown["payment_status"]),
        (&false.into(), &"authorized".into())
    );
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 2), (1, 1)])).await.expect(200);
    shop.until_state(placed.id, "confirmed").await;
}

#[tokio::test]
async fn money_that_was_not_taken_is_not_refunded_and_a_lost_authorisation_is_told() {
    let (shop, placed) = held(CaptureMode::AtFulfilment).await;
    let refused = shop.staff_post(placed.id, "refund", json!({"reason": "late"})).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "not_captured"));
    shop.send_payment(placed.payment(1), PaymentOutcome::Voided).await;
    assert_eq!(shop.show(placed.id).await["payment_attention"], true);
    assert_eq!(shop.cancel(&placed).await.expect(200)["status"], "cancelled");
}

#[tokio::test]
async fn a_provider_may_ask_for_it() {
    let shop = Shop::open(Engine::Postgres).await;
    shop.set(|s| s.capture_at_fulfilment = true);
    let (shop, placed) = open_held(shop).await;
    shop.staff_post(placed.id, "fulfil", send(&placed, &[(0, 2), (1, 1)])).await.expect(200);
    shop.until_state(placed.id, "confirmed").await;
    assert_eq!(shop.others.asked("Capture 4090"), 1);
}
